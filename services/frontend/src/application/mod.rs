//! The use cases of the front end, and the ports that they need.

mod order_feed;
pub mod ports;
mod storefront;
mod update_view;
pub mod work;

pub use order_feed::{OpenedFeed, OrderFeed};
pub use storefront::Storefront;
pub use update_view::ViewUpdate;

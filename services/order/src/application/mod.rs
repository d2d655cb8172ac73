//! The use cases of orders, and the ports that they need.

pub mod first_menus;
mod order_progress;
mod orders;
mod payment_attempts;
pub mod payment_compensation;
mod placement;
pub mod ports;
mod price_updates;
mod store_updates;
#[cfg(test)]
mod tests;

pub use order_progress::advance;
pub use orders::{CancelError, Orders};
pub use placement::{PlaceError, Placed};
pub use price_updates::PriceUpdates;
pub use store_updates::StoreUpdates;

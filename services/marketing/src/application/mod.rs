//! The use cases of marketing, and the ports that they need.

mod count_orders;
pub mod ports;
mod recommend;

pub use count_orders::CountingBatch;
pub use recommend::Recommendations;

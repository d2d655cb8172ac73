//! Events that pay consumes.

mod accepted_orders;
mod ended_orders;

pub use accepted_orders::AcceptedOrders;
pub use ended_orders::EndedOrders;

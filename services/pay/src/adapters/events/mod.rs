//! Events that pay consumes.

mod ended_orders;

pub use ended_orders::EndedOrders;

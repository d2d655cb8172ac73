//! The use cases of payments, and the ports that they need.

mod payments;
pub mod ports;
mod refunds;
mod reporting;

pub use payments::{Approval, PayError, Payments};
pub use refunds::{count_refund, refund};
pub use reporting::register_metrics;

//! The use cases of payments, and the ports that they need.

mod payments;
pub mod ports;
pub mod provider_payments;
mod refunds;
mod reporting;

pub use payments::{Approval, PayError, Payments};
pub use refunds::{count_refund, refund};
pub use reporting::{count_webhook, register_metrics};

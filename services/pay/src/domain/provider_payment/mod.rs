//! A payment at a provider: what we want of it, what the provider last said of it, and the next step from one to the other.
//!
//! ```text
//! Asked ─→ AwaitingCustomer ─ customer pays ─→ Authorized ─ capture ─→ Captured ─ refund ─→ Captured, refunded
//!   │             │                                │
//!   └→ Refused    └→ Expired, Cancelled            └─ cancel, or time passes ─→ Cancelled
//! ```
//!
//! A call may take effect and its answer be lost. So every call carries a key by which the provider knows a repetition, and
//! after a call without an answer the provider is asked what there is before anything else is done.

mod next_step;
mod payment;
mod schedule;
mod standing;

pub use next_step::{Call, Step};
pub use payment::{Page, ProviderPayment, Reference, RefundProgress};
pub use standing::{Books, Standing, Wanted};

#[cfg(test)]
mod simulated_provider;
#[cfg(test)]
mod tests;

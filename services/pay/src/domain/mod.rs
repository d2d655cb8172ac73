//! The rules of payments, without any I/O: the aggregate, the decisions that change it, and the events that announce
//! it.
//!
//! ```text
//! (none) ─ approve ─→ Approved ─ order ended ─→ Refunded
//!    │                   │
//!    └──── void ─────────┴─────→ Voided       a void that comes first makes the payment impossible
//! ```

mod approve;
mod events;
mod payment;
pub mod provider_payment;
mod void_or_refund;

pub use approve::{Charge, ChargeError, approve};
pub use payment::Payment;
pub use void_or_refund::{refund, void};

#[cfg(test)]
mod tests;

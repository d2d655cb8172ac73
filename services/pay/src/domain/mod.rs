//! The rules of payments, without any I/O: the aggregate, the commands that change it, and the events that announce it.

mod commands;
mod events;
mod payment;

pub use commands::{Charge, ChargeError, approve, refund, void};
pub use payment::Payment;

//! A server that speaks as much of Stripe's API as the pay service uses, and keeps books of its own: sums, repeated keys, and
//! what its customers and banks do. Each call can be made to fail, before or after its effect.
//!
//! It judges by sums; whether a request is one that Stripe would take is judged by `stripe-mock`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a helper of tests may fail the test"
)]

mod books;
mod calls;
mod customer;
mod fault;
mod form;
mod objects;
mod page;
mod peer;
mod records;
mod shared;
mod webhook;

pub use books::Books;
pub use fault::{Fault, Operation};
pub use peer::StripePeer;
pub use records::{Intent, IntentStatus, Refund, RefundStatus, Session, SessionStatus};
pub use webhook::Webhook;

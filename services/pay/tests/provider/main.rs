//! Tests payments at a provider: the real service on a real database, and a Stripe that keeps books of its own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod books;
mod faults;
mod paying;
mod process;
mod reversing;
mod stripe_mock;
mod world;

//! Runs the operator as a process on a separate control plane, and reads what it creates there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a helper of tests may fail the test"
)]

mod error;
pub mod process;
mod world;

pub use error::{Error, Result};
pub use world::{NAMESPACE, Operator, TIMEOUT, World, eventually, expected, without_hash};

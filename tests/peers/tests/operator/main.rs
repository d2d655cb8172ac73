//! The operator on a real API server without nodes: killed, doubled, starved of what it asks for, and watched.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod capabilities;
mod kills;
mod leadership;
mod quiet;
mod world;

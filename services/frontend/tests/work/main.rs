//! Tests the pages of owners and riders in front of a stand-in for the services that they use: what they show, what their
//! buttons ask for, and what they say when a service refuses.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod owner;
mod services;
#[path = "../support/mod.rs"]
mod support;
mod world;

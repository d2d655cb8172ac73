//! Tests the pages of owners and riders in front of a stand-in for the services that they use: what they show, what their
//! buttons ask for, and what they say when a service refuses.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod menu;
mod owner;
mod rider;
mod services;
mod settings;
mod stock;
#[path = "../support/mod.rs"]
mod support;
mod world;

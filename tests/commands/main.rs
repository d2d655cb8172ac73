//! Tests that every command, script and file that the operator emits is executed by a test, or listed as not executed
//! in `docs/compatibility.md`, which is generated from the table here.
//!
//! The tests that execute something need root, for namespaces with the paths of the container:
//! `cargo test --workspace --test commands -- --ignored`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod elasticsearch;
mod emitted;
mod enumeration;
mod kafka;
mod logging_setup;
mod mongodb;
mod page;
mod pod;
mod postgres;
mod probe;
mod refusals;
mod running;
mod sign_in;
mod store_copy;
mod table;
mod told;
mod told_table;
mod volumes;
mod wait;

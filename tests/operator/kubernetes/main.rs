//! The operator on a real API server without nodes: killed, doubled, starved of what it asks for, watched, and beside the
//! operators of others.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod amazon;
mod aws;
mod broken;
mod capabilities;
mod eck;
mod elsewhere;
mod kills;
mod kstatus;
mod leadership;
mod manual;
mod program;
mod prometheus_operator;
mod quiet;
mod stillness;
mod traces;

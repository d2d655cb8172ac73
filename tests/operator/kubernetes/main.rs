//! Tests the operator on a real API server without nodes: killed, with two replicas, without optional features,
//! observed, and together with other operators.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod advice;
mod amazon;
mod aws;
mod broken;
mod capabilities;
mod eck;
mod elsewhere;
mod kills;
mod kstatus;
mod leadership;
mod leaving;
mod manual;
mod namespaces;
mod program;
mod prometheus_operator;
mod quiet;
mod refused_writes;
mod secrets;
mod stillness;
mod stores;
mod traces;

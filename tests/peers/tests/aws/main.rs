//! What the operator does at AWS, against a server that speaks AWS' protocols (moto), and where that lacks something,
//! against one that plays EKS.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod between;
mod ecr;
mod eks;
mod eks_peer;
mod eks_upgrades;
mod moto;
mod operation;

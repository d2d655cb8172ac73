//! What the operator does at AWS, against a server that speaks AWS' protocols (moto), and where that lacks something,
//! against ones that play EKS and `CodeBuild`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod codebuild;
mod ecr;
mod eks;
mod eks_upgrades;
mod eks_volumes;
mod kills;
mod refusals;

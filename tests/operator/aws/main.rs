//! Tests the operator's work at AWS with a mock server for AWS (moto), and with mock servers for EKS and `CodeBuild`
//! where moto lacks something.

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

//! What platforms have at AWS: observed, planned and applied like what they have in the cluster.

mod call;
pub mod codebuild;
pub mod connections;
pub mod ecr;
pub mod eks;
pub mod look;
pub mod owner;
pub mod problem;

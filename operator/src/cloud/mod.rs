//! What platforms have at AWS: observed, planned and applied like what they have in the cluster.

pub mod connections;
pub mod ecr;
pub mod owner;
pub mod problem;

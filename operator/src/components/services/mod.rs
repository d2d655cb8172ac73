//! The platform's own services and their canaries.

pub mod canary;
mod config_hash;
mod kube_service;
mod objects;
mod ports;
mod workload;

pub use kube_service::kube_service;
pub use objects::objects;
pub use workload::Connections;

//! Builders for Kubernetes objects that several parts share, and how to read the state of such objects.

pub mod autoscaling;
pub mod disruption;
pub mod drift;
pub mod health;
pub mod names;
pub mod pod;
pub mod seal;
pub mod service_accounts;
pub mod stateful_set;
pub mod workload;

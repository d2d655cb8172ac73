//! Builders for Kubernetes objects that several parts share, and functions that read the health of such objects.

pub mod autoscaling;
pub mod config_map;
pub mod deployment;
pub mod disruption;
pub mod drift;
pub mod field_path;
pub mod foreign_autoscalers;
pub mod health;
pub mod job;
pub mod managers;
pub mod metadata;
pub mod names;
pub mod network_policy;
pub mod pod;
pub mod pod_template;
pub mod probe;
pub mod seal;
pub mod secret;
pub mod service;
pub mod service_accounts;
pub mod shared_secrets;
pub mod stateful_set;
pub mod time;
pub mod workload;

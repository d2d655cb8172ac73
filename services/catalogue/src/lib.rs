//! The services of a platform and what is fixed about each, in one place for the services, their setup and the operator.

mod service;
pub mod topic;
pub mod variables;

pub use service::Service;

//! The platform's services and their fixed properties, defined once for the services, their setup and the operator.

pub mod retention;
mod service;
pub mod topic;
pub mod variables;

pub use service::Service;

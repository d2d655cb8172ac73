//! How the outside reaches the use cases, and how the use cases reach the data stores and other services.

pub mod clients;
pub mod events;
pub mod grpc;
pub mod http;
mod problem;
mod requests;
pub mod storage;

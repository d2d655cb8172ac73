//! Orders: placed, paid, followed to the door or cancelled.

pub mod app;
pub mod basket;
pub mod clients;
pub mod consumer;
pub mod domain;
pub mod grpc;
pub mod http;
pub mod settler;
pub mod store;

//! Payments: approved, refunded or voided, once per order.

pub mod app;
pub mod consumer;
pub mod domain;
pub mod http;
pub mod store;

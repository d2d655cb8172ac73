//! Clients of other services.

mod order_client;

pub use order_client::OrderClient;

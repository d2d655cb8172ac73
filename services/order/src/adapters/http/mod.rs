//! Orders over HTTP.

mod handlers;
mod order_body;
mod routes;

pub use routes::{openapi, routes};

//! Orders over HTTP.

mod handlers;
mod order_body;
mod recipient;
mod routes;

pub use routes::{AppState, openapi, routes};

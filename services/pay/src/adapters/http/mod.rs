//! Payments over HTTP.

mod bodies;
mod handlers;
mod problem;
mod routes;
mod state;

pub(crate) use routes::routes;
pub(crate) use state::{AppState, ApprovePayment};

//! Payments over HTTP.

mod bodies;
mod handlers;
mod problem;
mod provider_bodies;
mod return_path;
mod routes;
mod state;
mod stripe_webhook;
mod webhooks;

pub(crate) use return_path::ReturnPath;
pub(crate) use routes::routes;
pub(crate) use state::{AppState, ApprovePayment};
pub use webhooks::Webhooks;

//! Istio: routes, mutual TLS, retries and timeouts between the services.

mod access;
mod activation;
mod address;
mod control_plane;
mod destinations;
mod health;
mod hosts;
mod ingress;
mod members;
mod objects;
mod rate_limit;
mod routes;
mod sidecars;

pub use activation::injects;
pub use address::{address, forwards_client_address};
pub use control_plane::egress;
pub use health::health;
pub use hosts::{in_istio, of_gateway};
pub use members::Versions;
pub use objects::objects;
pub use sidecars::{METRICS_PORT, metrics, place};

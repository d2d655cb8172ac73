//! Istio: routes, mutual TLS, retries and timeouts between the services.

mod access;
mod activation;
mod address;
mod claims;
mod control_plane;
mod destinations;
mod drilled;
mod health;
mod hosts;
mod inbound;
mod ingress;
mod members;
mod objects;
mod rate_limit;
mod routes;
mod sidecars;

pub use activation::injects;
pub use address::{address, forwards_client_address};
pub use claims::{claim, concerns, gateway_name, held};
pub use control_plane::egress;
pub use health::health;
pub use hosts::taken_hosts;
pub use members::Versions;
pub use objects::objects;
pub use sidecars::{METRICS_PORT, PROXY_METRICS_PORT, Sidecars, metrics, place};

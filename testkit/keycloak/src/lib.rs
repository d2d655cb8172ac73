//! A real Keycloak with the realm of this platform, and a service that shows the caller that the gateway reports to
//! it.

mod distribution;
pub mod keycloak;
pub mod mirror;

pub use keycloak::Keycloak;

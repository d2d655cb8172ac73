//! A real Keycloak with the realm of this platform, and a service that shows whom a gateway lets through.

mod distribution;
pub mod keycloak;
pub mod mirror;

pub use keycloak::Keycloak;

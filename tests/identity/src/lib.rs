//! A real Keycloak with the realm of this platform, and a gateway that trusts it.

mod distribution;
pub mod keycloak;
pub mod mirror;

pub use keycloak::Keycloak;

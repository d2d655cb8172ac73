//! The one way in: routes every request to the service that answers it.

mod access;
pub mod auth;
mod body;
pub mod extensions;
pub mod gate;
mod headers;
pub mod openapi;
pub mod proxy;
pub mod rate;
pub mod routes;
mod switching;
pub mod upstream;

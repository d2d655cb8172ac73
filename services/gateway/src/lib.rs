//! The gateway, the platform's only entry point: routes each request to the service that handles it.

pub mod extensions;
pub mod layers;
pub mod openapi;
pub mod routes;
pub mod stack;
pub mod upstream;
mod webhooks;

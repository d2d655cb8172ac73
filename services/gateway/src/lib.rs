//! The one way in: routes every request to the service that answers it.

pub mod extensions;
pub mod layers;
pub mod openapi;
pub mod routes;
pub mod stack;
pub mod upstream;

//! The one way in: routes every request to the service that answers it.

mod body;
mod headers;
pub mod proxy;
pub mod routes;
pub mod upstream;

//! Layer: the request is sent to the service, and the response is forwarded to the client.

mod client;
mod errors;
mod limits;
mod response;

pub(crate) use client::Proxy;
pub(crate) use errors::ProxyError;
pub use limits::Limits;
pub(crate) use response::{end_of_stream, for_client};

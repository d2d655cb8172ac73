//! Orders over gRPC.

mod convert;
mod server;
mod service;
mod status;
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    unreachable_pub,
    reason = "made from proto/order.proto at build time"
)]
pub mod wire;

pub use server::{GrpcError, listen, serve};

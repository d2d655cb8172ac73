//! The messages of the protocol, and the client and the server of its service, generated from `proto/order.proto`.

tonic::include_proto!("fooddelivery.order.v1");

/// The descriptors that reflection serves.
pub(super) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/order.bin"));

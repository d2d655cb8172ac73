//! The few fields that we set of the kinds that other programs bring: no more than that, so that what we apply owns
//! nothing else.

pub mod cloud_native_pg;
pub mod eck;
pub mod istio;
pub mod prometheus;
pub mod strimzi;

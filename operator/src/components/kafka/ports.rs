//! The ports of Kafka.

use k8s_openapi::api::networking::v1::NetworkPolicyPort;

use crate::kubernetes::network_policy;

/// The port for clients of a Kafka in the cluster.
pub const PORT: u16 = 9092;
/// The port of the controllers; each managed broker has one.
pub(super) const CONTROLLER_PORT: u16 = 9093;

/// A TCP port, for network policies.
pub(super) fn tcp(number: u16) -> NetworkPolicyPort {
    network_policy::port(number, "TCP")
}

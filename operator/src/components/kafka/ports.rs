//! The ports of Kafka.

use k8s_openapi::api::networking::v1::NetworkPolicyPort;

use crate::kubernetes::network_policy;

/// The port for clients of a Kafka in the cluster.
pub const PORT: u16 = 9092;
/// The port for the controllers of the managed brokers, of which there is one in each.
pub(super) const CONTROLLER_PORT: u16 = 9093;

/// A port of TCP, for network policies.
pub(super) fn tcp(number: u16) -> NetworkPolicyPort {
    network_policy::port(number, "TCP")
}

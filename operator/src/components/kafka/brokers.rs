//! The traffic between managed brokers.

use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyIngressRule};

use crate::{
    components::kafka::ports::{CONTROLLER_PORT, PORT, tcp},
    kubernetes::{names::KAFKA, network_policy},
    spec::{Kafka, Validated},
};

/// The ingress and egress between several managed brokers.
pub fn between_brokers(platform: &Validated) -> Option<(NetworkPolicyIngressRule, NetworkPolicyEgressRule)> {
    let Kafka::Managed { brokers: 2.., .. } = &platform.kafka else {
        return None;
    };
    let brokers = || Some(vec![network_policy::part(platform, KAFKA)]);
    let ports = || Some(vec![tcp(PORT), tcp(CONTROLLER_PORT)]);
    Some((
        NetworkPolicyIngressRule {
            from: brokers(),
            ports: ports(),
        },
        NetworkPolicyEgressRule {
            to: brokers(),
            ports: ports(),
        },
    ))
}

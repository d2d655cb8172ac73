//! The network policies of Kafka and the databases that the operator runs.

use fdp_catalogue::Service;
use k8s_openapi::api::networking::v1::{NetworkPolicyIngressRule, NetworkPolicyPeer};

use crate::{
    components::{kafka, mongodb},
    kubernetes::{
        names::{Component, KAFKA, KAFKA_UI, MONGODB, SETUP},
        network_policy::{part, peer, policy, port},
    },
    model::object::Planned,
    plan::network::pods::pods,
    spec::{Mongodb, Validated},
};

/// The policy of Kafka or PostgreSQL; `also` is a part that reaches it beside those that always do.
pub(super) fn data_store(
    platform: &Validated,
    name: &str,
    component: Component,
    listens: u16,
    also: Option<&str>,
) -> Planned {
    let mut from: Vec<NetworkPolicyPeer> = platform
        .services
        .iter()
        .filter(|settings| settings.service.keeps_state())
        .map(|settings| peer(pods(platform, settings)))
        .collect();
    if name == KAFKA {
        from.extend(
            platform
                .subscribers()
                .map(|extension| part(platform, &extension.name)),
        );
        from.extend(platform.kafka_ui.iter().map(|_| part(platform, KAFKA_UI)));
    }
    from.push(part(platform, SETUP));
    from.extend(also.map(|also| part(platform, also)));
    let mut ingress = vec![NetworkPolicyIngressRule {
        from: Some(from),
        ports: Some(vec![port(listens, "TCP")]),
    }];
    let mut egress = Vec::new();
    if name == KAFKA
        && let Some((in_, out)) = kafka::between_brokers(platform)
    {
        ingress.push(in_);
        egress.push(out);
    }
    policy(platform, name, component, ingress, egress)
}

/// Only order may reach the managed MongoDB, and the setup, which signs in with what order has.
pub(super) fn orders_database(platform: &Validated) -> Option<Planned> {
    let order = platform
        .services
        .iter()
        .find(|settings| settings.service == Service::Order)
        .filter(|_| matches!(platform.mongodb, Mongodb::Managed(_)))?;
    let ingress = NetworkPolicyIngressRule {
        from: Some(vec![peer(pods(platform, order)), part(platform, SETUP)]),
        ports: Some(vec![port(mongodb::PORT, "TCP")]),
    };
    Some(policy(
        platform,
        MONGODB,
        Component::Database,
        vec![ingress],
        Vec::new(),
    ))
}

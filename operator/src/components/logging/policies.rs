//! The network policies of the stack.

use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyIngressRule};

use crate::{
    components::logging::{
        eck,
        server::{ELASTICSEARCH_PORT, KIBANA_PORT},
    },
    kubernetes::{
        names::{Component, ELASTICSEARCH, FLUENTD, KIBANA, LOGGING_SETUP},
        network_policy,
    },
    model::object::Planned,
    spec::{Logging, LoggingRunner, Validated},
};

/// The policies. They do not apply to ECK's pods, which have none of the platform's labels.
pub(super) fn policies(platform: &Validated, settings: &Logging) -> Vec<Planned> {
    let managed = settings.runner == LoggingRunner::Operator;
    let mut policies = Vec::new();
    let mut policy = |part: &str, ingress: Option<(&[&str], u16)>, egress: Vec<NetworkPolicyEgressRule>| {
        let ingress = ingress.map(|(from, port)| NetworkPolicyIngressRule {
            from: Some(
                from.iter()
                    .map(|from| network_policy::part(platform, from))
                    .collect(),
            ),
            ports: Some(vec![network_policy::port(port, "TCP")]),
        });
        policies.push(network_policy::policy(
            platform,
            part,
            Component::Logging,
            ingress.into_iter().collect(),
            egress,
        ));
    };
    let out = |to: &[&str]| {
        if managed {
            network_policy::inside(platform)
        } else {
            eck::egress(platform, to)
        }
    };
    if managed {
        policy(
            ELASTICSEARCH,
            Some((&[FLUENTD, KIBANA, LOGGING_SETUP], ELASTICSEARCH_PORT)),
            Vec::new(),
        );
        if settings.kibana.is_some() {
            // People connect with kubectl port-forward, whose connections come from the node.
            policy(
                KIBANA,
                Some((&[LOGGING_SETUP], KIBANA_PORT)),
                out(&[ELASTICSEARCH]),
            );
        }
    }
    policy(LOGGING_SETUP, None, out(&[ELASTICSEARCH, KIBANA]));
    if settings.fluentd_image.is_some() {
        policy(FLUENTD, None, out(&[ELASTICSEARCH]));
    }
    policies
}

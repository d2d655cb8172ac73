//! Builders for network policies: the policy of a part, peers and ports.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use crate::{
    kubernetes::{
        metadata::{metadata, pods_of},
        names::{self, Component},
    },
    model::object::{Planned, Wave},
    spec::Validated,
};

/// The policy of the pods of one part.
pub fn policy(
    platform: &Validated,
    name: &str,
    component: Component,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> Planned {
    policy_for(
        platform,
        name,
        component,
        pods_of(platform, name),
        ingress,
        egress,
    )
}

/// The policy of those pods, under the name of one part.
pub fn policy_for(
    platform: &Validated,
    name: &str,
    component: Component,
    selected: LabelSelector,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> Planned {
    let mut kinds = vec![(!ingress.is_empty()).then_some("Ingress")];
    kinds.push((!egress.is_empty()).then_some("Egress"));
    let policy = NetworkPolicy {
        metadata: metadata(platform, name, component),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selected),
            policy_types: Some(kinds.into_iter().flatten().map(str::to_owned).collect()),
            ingress: (!ingress.is_empty()).then_some(ingress),
            egress: (!egress.is_empty()).then_some(egress),
        }),
    };
    Planned::new(Wave::Configuration, &policy)
}

/// Selects every pod of the platform.
pub fn all_of(platform: &Validated) -> LabelSelector {
    labelled(BTreeMap::from([(
        names::PLATFORM_LABEL.to_owned(),
        platform.name.clone(),
    )]))
}

/// Egress to every pod of the platform; the policies of those pods limit their ingress.
pub fn inside(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    vec![NetworkPolicyEgressRule {
        to: Some(vec![peer(all_of(platform))]),
        ports: None,
    }]
}

/// The pods of one part.
pub fn part(platform: &Validated, name: &str) -> NetworkPolicyPeer {
    peer(pods_of(platform, name))
}

/// Selects pods by their labels.
pub fn labelled(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector {
        match_labels: Some(labels),
        ..Default::default()
    }
}

/// Those pods as a peer.
pub fn peer(pods: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(pods),
        ..Default::default()
    }
}

/// Egress to any address on these ports.
pub fn anywhere(ports: &[u16]) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: None,
        ports: Some(ports.iter().map(|number| port(*number, "TCP")).collect()),
    }
}

/// If a rule allows all egress, the other rules are redundant.
pub fn only_widest(egress: Vec<NetworkPolicyEgressRule>) -> Vec<NetworkPolicyEgressRule> {
    let everywhere = NetworkPolicyEgressRule::default();
    if egress.contains(&everywhere) {
        vec![everywhere]
    } else {
        each_once(egress)
    }
}

/// The same rules, each once.
fn each_once(rules: Vec<NetworkPolicyEgressRule>) -> Vec<NetworkPolicyEgressRule> {
    let mut once: Vec<NetworkPolicyEgressRule> = Vec::with_capacity(rules.len());
    for rule in rules {
        if !once.contains(&rule) {
            once.push(rule);
        }
    }
    once
}

/// A port of that protocol.
pub fn port(number: u16, protocol: &str) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    }
}

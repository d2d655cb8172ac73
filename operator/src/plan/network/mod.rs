//! Who may talk to whom: everything is denied, and then the edges that the architecture has are allowed.

mod data_stores;
mod services;

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta},
        util::intstr::IntOrString,
    },
};

use crate::{
    components::{kafka, postgres},
    kubernetes::names::{self, Component, KAFKA, POSTGRES, SETUP},
    model::object::{Planned, Wave},
    spec::{Kafka, Postgres, ServiceSettings, Validated},
};
use data_stores::{data_store, orders_database};
use services::{extension, service};

/// On namespaces whose pods may read the metrics of the services.
pub const METRICS_READER_LABEL: &str = "fooddelivery.dev/metrics-reader";

const DNS: u16 = 53;

/// The policies of a platform: one that denies, and one for each part that says what is allowed.
pub fn policies(platform: &Validated) -> Vec<Planned> {
    let mut policies = vec![deny(platform)];
    policies.extend(
        platform
            .services
            .iter()
            .map(|settings| service(platform, settings)),
    );
    policies.extend(
        platform
            .extensions
            .iter()
            .map(|settings| extension(platform, settings)),
    );
    if matches!(platform.kafka, Kafka::Managed { .. }) {
        policies.push(data_store(platform, KAFKA, Component::Broker, kafka::PORT));
    }
    if matches!(platform.postgres, Postgres::Managed(_)) {
        policies.push(data_store(
            platform,
            POSTGRES,
            Component::Database,
            postgres::PORT,
        ));
    }
    policies.extend(orders_database(platform));
    let mut made_by_setup = inside(platform);
    made_by_setup.extend(kafka::egress(platform));
    made_by_setup.extend(postgres::egress(platform));
    policies.push(policy(
        platform,
        SETUP,
        Component::Setup,
        Vec::new(),
        made_by_setup,
    ));
    policies
}

/// Selects every pod of the platform, and allows nothing but to ask for names.
fn deny(platform: &Validated) -> Planned {
    let policy = NetworkPolicy {
        metadata: ObjectMeta {
            name: Some(platform.child("default-deny")),
            labels: Some(names::labels(&platform.name, "default-deny", Component::Network)),
            ..Default::default()
        },
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(all_of(platform)),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            egress: Some(vec![NetworkPolicyEgressRule {
                to: None,
                ports: Some(vec![port(DNS, "UDP"), port(DNS, "TCP")]),
            }]),
            ..Default::default()
        }),
    };
    Planned::new(Wave::Configuration, &policy)
}

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
        labelled(names::selector(&platform.name, name)),
        ingress,
        egress,
    )
}

fn policy_for(
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
        metadata: ObjectMeta {
            name: Some(platform.child(name)),
            labels: Some(names::labels(&platform.name, name, component)),
            ..Default::default()
        },
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selected),
            policy_types: Some(kinds.into_iter().flatten().map(str::to_owned).collect()),
            ingress: (!ingress.is_empty()).then_some(ingress),
            egress: (!egress.is_empty()).then_some(egress),
        }),
    };
    Planned::new(Wave::Configuration, &policy)
}

fn all_of(platform: &Validated) -> LabelSelector {
    LabelSelector {
        match_labels: Some(BTreeMap::from([(
            names::PLATFORM_LABEL.to_owned(),
            platform.name.clone(),
        )])),
        ..Default::default()
    }
}

/// Whatever belongs to the platform; what a part accepts, its own policy says.
pub fn inside(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    vec![NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            pod_selector: Some(all_of(platform)),
            ..Default::default()
        }]),
        ports: None,
    }]
}

pub fn part(platform: &Validated, name: &str) -> NetworkPolicyPeer {
    peer(labelled(names::selector(&platform.name, name)))
}

/// The pods of a service, those of its canary included. They are told by the names of both, because pods of an older
/// platform lack the label that both share.
fn pods(platform: &Validated, settings: &ServiceSettings) -> LabelSelector {
    let name = settings.service.name();
    let mut labels = names::selector(&platform.name, name);
    if settings.canary.is_none() {
        return labelled(labels);
    }
    labels.remove(names::NAME_LABEL);
    LabelSelector {
        match_labels: Some(labels),
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: names::NAME_LABEL.to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![name.to_owned(), names::canary(name)]),
        }]),
    }
}

pub fn labelled(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector {
        match_labels: Some(labels),
        ..Default::default()
    }
}

pub fn peer(pods: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(pods),
        ..Default::default()
    }
}

pub fn anywhere(ports: &[u16]) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: None,
        ports: Some(ports.iter().map(|number| port(*number, "TCP")).collect()),
    }
}

pub fn port(number: u16, protocol: &str) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    }
}

//! The network policies of a platform: all traffic is denied except what the architecture needs.

mod data_stores;
mod pods;
mod services;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicySpec};

use crate::{
    components::{kafka, postgres},
    kubernetes::{
        metadata::metadata,
        names::{Component, KAFKA, POSTGRES, SETUP},
        network_policy::{all_of, inside, policy, port},
    },
    model::object::{Planned, Wave},
    spec::{Kafka, Postgres, Validated},
};
use data_stores::{data_store, orders_database};
use services::{extension, service};

const DNS: u16 = 53;

/// The policies of a platform: one that denies all traffic, and one per part that allows what the part needs.
///
/// `others` are the same platform with the data stores that take over, and with those that are left: pods reach all of
/// them.
pub(super) fn policies(platform: &Validated, others: &[&Validated]) -> Vec<Planned> {
    let forms: Vec<&Validated> = std::iter::once(platform).chain(others.iter().copied()).collect();
    let mut policies = vec![deny(platform)];
    policies.extend(
        platform
            .services
            .iter()
            .map(|settings| service(platform, settings, &forms)),
    );
    policies.extend(
        platform
            .extensions
            .iter()
            .map(|settings| extension(platform, settings, &forms)),
    );
    let managed_kafka = |form: &&&Validated| matches!(form.kafka, Kafka::Managed { .. });
    if let Some(form) = forms.iter().find(managed_kafka) {
        policies.push(data_store(form, KAFKA, Component::Broker, kafka::PORT));
    }
    if forms
        .iter()
        .any(|form| matches!(form.postgres, Postgres::Managed(_)))
    {
        policies.push(data_store(
            platform,
            POSTGRES,
            Component::Database,
            postgres::PORT,
        ));
    }
    policies.extend(forms.iter().find_map(|form| orders_database(form)));
    let mut made_by_setup = inside(platform);
    for form in &forms {
        made_by_setup.extend(kafka::egress(form));
        made_by_setup.extend(postgres::egress(form));
    }
    policies.push(policy(
        platform,
        SETUP,
        Component::Setup,
        Vec::new(),
        each_once(made_by_setup),
    ));
    policies
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

/// Selects every pod of the platform, and allows only DNS.
fn deny(platform: &Validated) -> Planned {
    let policy = NetworkPolicy {
        metadata: metadata(platform, "default-deny", Component::Network),
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

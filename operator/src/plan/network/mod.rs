//! The network policies of a platform: all traffic is denied except what the architecture needs.

mod data_stores;
mod dns;
mod pods;
mod services;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};

use crate::{
    components::{kafka, postgres},
    kubernetes::{
        metadata::metadata,
        names::{Component, KAFKA, POSTGRES, SETUP},
        network_policy::{all_of, inside, only_widest, policy},
    },
    model::{
        cluster_network::ClusterNetwork,
        object::{Planned, Wave},
    },
    spec::{Kafka, Postgres, Validated},
};
use data_stores::{data_store, orders_database};
use services::{extension, service};

/// The policies of a platform: one that denies all traffic, and one per part that allows what the part needs.
pub(super) fn policies(platform: &Validated, network: &ClusterNetwork) -> Vec<Planned> {
    let mut policies = vec![deny(platform, network)];
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
        only_widest(made_by_setup),
    ));
    policies
}

/// Selects every pod of the platform, and allows only DNS.
fn deny(platform: &Validated, network: &ClusterNetwork) -> Planned {
    let policy = NetworkPolicy {
        metadata: metadata(platform, "default-deny", Component::Network),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(all_of(platform)),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            egress: Some(dns::egress(network.dns.as_ref())),
            ..Default::default()
        }),
    };
    Planned::new(Wave::Configuration, &policy)
}

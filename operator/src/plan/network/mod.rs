//! The network policies of a platform: all traffic is denied except what the architecture needs.

mod copy;
mod data_stores;
mod dns;
mod pods;
mod services;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};

use crate::{
    components::{drill::MetricsWay, kafka, mesh, mongodb, postgres},
    kubernetes::{
        metadata::metadata,
        names::{Component, DRILL, KAFKA, POSTGRES, SETUP, STORE_COPY},
        network_policy::{all_of, inside, only_widest, policy},
    },
    model::{
        cluster_network::ClusterNetwork,
        object::{Planned, Wave},
    },
    plan::stores::Copying,
    spec::{Kafka, Postgres, Store, Validated},
};
use copy::copy;
use data_stores::{data_store, orders_database};
use services::{extension, metrics_for_drills, service};

/// The policies of a platform: one that denies all traffic, and one per part that allows what the part needs.
///
/// `others` are the same platform with the data stores that take over, and with those that are left: pods reach all of
/// them. `copying` are the copies from one to another. `read` are the metrics that a drill reads.
pub(super) fn policies(
    platform: &Validated,
    others: &[&Validated],
    copying: &[Copying],
    read: &[MetricsWay],
    network: &ClusterNetwork,
) -> Vec<Planned> {
    let forms: Vec<&Validated> = std::iter::once(platform).chain(others.iter().copied()).collect();
    let mut policies = vec![deny(platform, network)];
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
    let copies = |store| {
        let is_copied = copying.iter().any(|copying| copying.store == store);
        is_copied.then_some(STORE_COPY)
    };
    let managed_kafka = |form: &&&Validated| matches!(form.kafka, Kafka::Managed { .. });
    if let Some(form) = forms.iter().find(managed_kafka) {
        let also = copies(Store::Kafka);
        policies.push(data_store(form, KAFKA, Component::Broker, kafka::PORT, also));
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
            copies(Store::Postgres),
        ));
    }
    policies.extend(forms.iter().find_map(|form| orders_database(form)));
    if !copying.is_empty() {
        policies.push(copy(platform, copying));
    }
    if platform.allows_drills {
        let mut egress = inside(platform);
        egress.extend(mesh::egress(platform));
        policies.push(policy(platform, DRILL, Component::Drill, Vec::new(), egress));
    }
    policies.extend(read.iter().filter_map(|way| metrics_for_drills(platform, way)));
    let mut made_by_setup = inside(platform);
    for form in &forms {
        made_by_setup.extend(kafka::egress(form));
        made_by_setup.extend(postgres::egress(form));
        made_by_setup.extend(mongodb::egress(form));
    }
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

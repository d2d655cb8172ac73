//! PostgreSQL run by CloudNativePG.

use std::collections::BTreeMap;

use fdp_crds::{
    DeletionPolicy,
    foreign::cloud_native_pg::{
        Cluster, ClusterSpec, PostgresConfiguration, SecretName, StorageConfiguration, SynchronousReplication,
    },
};
use k8s_openapi::{
    api::{
        core::v1::EnvVar,
        networking::v1::{NetworkPolicyEgressRule, NetworkPolicyPeer},
    },
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};
use serde_json::Value;

use crate::{
    components::postgres::server::{PORT, administrator, client},
    kubernetes::{
        health,
        metadata::metadata,
        names::{Component, POSTGRES},
        network_policy,
    },
    model::{
        apis::Family,
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{CloudNativePg, Validated},
};

/// The phase of a healthy cluster.
const HEALTHY: &str = "Cluster in healthy state";
/// The phases that need a person.
const NEEDS_INTERVENTION: [&str; 6] = [
    "Waiting for user action",
    "Cluster cannot proceed to reconciliation due to an unknown plugin being required",
    "Cluster has incomplete or invalid image catalog",
    "Cluster is unrecoverable and needs manual intervention",
    "Unable to create required cluster objects",
    "Invalid cluster definition",
];

/// The cluster; empty while `CloudNativePG` is not installed.
pub(super) fn objects(platform: &Validated, settings: &CloudNativePg, observed: &Observed) -> Vec<Planned> {
    if !observed.apis.have(Family::CloudNativePg) {
        return Vec::new();
    }
    let planned = Planned::new(Wave::DataStores, &cluster(platform, settings));
    // Deleting the cluster deletes its volumes, so keeping the volumes requires keeping the cluster.
    vec![match platform.deletion_policy {
        DeletionPolicy::Retain => planned.retained(),
        DeletionPolicy::Delete => planned,
    }]
}

/// The variables with which a service connects to its own database, on the primary server.
pub(super) fn client_environment(platform: &Validated, database: &str) -> Vec<EnvVar> {
    client(platform, database, &server(platform))
}

/// The variables with which the setup creates databases and roles.
pub(super) fn administrator_environment(platform: &Validated) -> Vec<EnvVar> {
    administrator(platform, &server(platform))
}

/// Its health as reported by `CloudNativePG`.
pub(super) fn health(platform: &Validated, settings: &CloudNativePg, observed: &Observed) -> Health {
    if !observed.apis.have(Family::CloudNativePg) {
        return health::absent(Family::CloudNativePg, &observed.apis, "postgres.provider");
    }
    let name = platform.child(POSTGRES);
    let Some(live) = observed.children.dynamic::<Cluster>(&name) else {
        return Health::Waiting(format!("Cluster {name}: not created yet"));
    };
    let status = |field: &str| live.data.pointer(&format!("/status/{field}"));
    let text = |field: &str| status(field).and_then(Value::as_str).unwrap_or_default();
    let phase = text("phase");
    if phase.is_empty() {
        return Health::Waiting(format!(
            "Cluster {name}: CloudNativePG has not answered yet; if that lasts, see whether its operator runs and watches this namespace"
        ));
    }
    let ready = status("readyInstances").and_then(Value::as_i64).unwrap_or(0);
    let desired = settings.instances;
    // The status has no observed generation, so the number of instances and the image are compared instead.
    let as_asked = settings.image.as_ref().is_none_or(|image| {
        let runs = text("image");
        runs.is_empty() || runs == image
    });
    if phase == HEALTHY && as_asked && ready >= i64::from(desired) {
        return Health::Ready;
    }
    let reason = text("phaseReason");
    let why = if reason.is_empty() { "" } else { ": " };
    let message = format!(
        "Cluster {name}: {ready} of {desired} ready: {phase}{why}{}",
        health::shortened(reason)
    );
    if NEEDS_INTERVENTION.contains(&phase) {
        Health::Failed(message)
    } else {
        Health::Waiting(message)
    }
}

/// Its pods do not carry the platform's labels.
pub(super) fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    let pods = BTreeMap::from([("cnpg.io/cluster".to_owned(), platform.child(POSTGRES))]);
    vec![NetworkPolicyEgressRule {
        to: Some(vec![NetworkPolicyPeer {
            pod_selector: Some(LabelSelector {
                match_labels: Some(pods),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ports: Some(vec![network_policy::port(PORT, "TCP")]),
    }]
}

/// The Service that `CloudNativePG` points at the current primary.
pub(super) fn server(platform: &Validated) -> String {
    format!("{}-rw", platform.child(POSTGRES))
}

fn cluster(platform: &Validated, settings: &CloudNativePg) -> Cluster {
    let mut object = Cluster::new(
        "",
        ClusterSpec {
            instances: settings.instances,
            image_name: settings.image.clone(),
            // Updates the primary to a new version without a manual step.
            primary_update_strategy: "unsupervised".to_owned(),
            // The setup creates databases and roles as superuser, with the password from our own Secret.
            enable_superuser_access: true,
            superuser_secret: SecretName {
                name: platform.child(POSTGRES),
            },
            storage: StorageConfiguration {
                size: settings.size.clone(),
                storage_class: settings.storage_class.clone(),
            },
            postgresql: (settings.instances > 1).then(|| PostgresConfiguration {
                synchronous: synchronous(settings.instances),
            }),
            image_pull_secrets: platform
                .pull_secrets
                .iter()
                .map(|name| SecretName { name: name.clone() })
                .collect(),
        },
    );
    object.metadata = metadata(platform, POSTGRES, Component::Database);
    object
}

/// An order that was accepted is on two servers, so that none is lost when the primary dies. With two servers, commits must
/// not wait while the other one restarts, or no order would be accepted at each of its restarts; three can insist.
fn synchronous(instances: i32) -> SynchronousReplication {
    SynchronousReplication {
        method: "any".to_owned(),
        number: 1,
        data_durability: if instances > 2 { "required" } else { "preferred" }.to_owned(),
    }
}

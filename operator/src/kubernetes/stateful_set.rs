//! What the managed data stores have in common: a `StatefulSet` of one pod with a volume.

use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec},
        core::v1::{
            PersistentVolumeClaim, PersistentVolumeClaimSpec, PodTemplateSpec, Service, ServicePort,
            ServiceSpec, VolumeResourceRequirements,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};

use crate::{
    kubernetes::{
        health,
        names::{self, Component},
    },
    model::{health::Health, observed::Observed},
    spec::{DataStore, Validated},
};

/// The name of the volume with the data.
pub const VOLUME: &str = "data";

/// The volume that a data store claims.
pub struct Claim {
    size: String,
    storage_class: Option<String>,
}

impl Claim {
    /// The claim of a data store's settings.
    pub fn of(store: &DataStore) -> Self {
        Self {
            size: store.size.clone(),
            storage_class: store.storage_class.clone(),
        }
    }
}

/// The name of the Service that gives pods names of their own: `<pod>.<this name>`.
pub fn headless_name(platform: &Validated, part: &str) -> String {
    format!("{}-headless", platform.child(part))
}

/// The Service that clients use: its address outlives the pod.
pub fn service(platform: &Validated, part: &str, component: Component, client_port: u16) -> Service {
    Service {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            ..service_spec(platform, part, client_port)
        }),
        ..Default::default()
    }
}

/// The Service that gives the pods of a `StatefulSet` names of their own.
pub fn headless_service(platform: &Validated, part: &str, component: Component, client_port: u16) -> Service {
    Service {
        metadata: ObjectMeta {
            name: Some(headless_name(platform, part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".to_owned()),
            publish_not_ready_addresses: Some(true),
            ..service_spec(platform, part, client_port)
        }),
        ..Default::default()
    }
}

fn service_spec(platform: &Validated, part: &str, client_port: u16) -> ServiceSpec {
    ServiceSpec {
        selector: Some(names::selector(&platform.name, part)),
        ports: Some(vec![ServicePort {
            name: Some(part.to_owned()),
            port: i32::from(client_port),
            target_port: Some(IntOrString::String(part.to_owned())),
            protocol: Some("TCP".to_owned()),
            // A mesh would otherwise wait for the first bytes and guess what they are.
            app_protocol: Some("tcp".to_owned()),
            ..Default::default()
        }]),
        ..Default::default()
    }
}

/// A `StatefulSet` of one pod, whose volume stays or goes with the platform as its deletion policy says.
pub fn stateful_set(
    platform: &Validated,
    part: &str,
    component: Component,
    claim: &Claim,
    template: PodTemplateSpec,
) -> StatefulSet {
    StatefulSet {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(StatefulSetSpec {
            replicas: Some(1),
            service_name: Some(headless_name(platform, part)),
            selector: LabelSelector {
                match_labels: Some(names::selector(&platform.name, part)),
                ..Default::default()
            },
            // A broken template must not keep a repaired one from being rolled out.
            pod_management_policy: Some("Parallel".to_owned()),
            persistent_volume_claim_retention_policy: Some(StatefulSetPersistentVolumeClaimRetentionPolicy {
                when_deleted: Some(platform.deletion_policy.as_str().to_owned()),
                when_scaled: Some("Retain".to_owned()),
            }),
            volume_claim_templates: Some(vec![PersistentVolumeClaim {
                metadata: ObjectMeta {
                    name: Some(VOLUME.to_owned()),
                    ..Default::default()
                },
                spec: Some(PersistentVolumeClaimSpec {
                    access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
                    storage_class_name: claim.storage_class.clone(),
                    resources: Some(VolumeResourceRequirements {
                        requests: Some([("storage".to_owned(), Quantity(claim.size.clone()))].into()),
                        ..Default::default()
                    }),
                    ..Default::default()
                }),
                ..Default::default()
            }]),
            template,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// How a data store of the operator's own is doing.
pub fn health(platform: &Validated, part: &str, observed: &Observed) -> Health {
    let name = platform.child(part);
    let set = observed.children.typed::<StatefulSet>(&name);
    health::stateful_set(&name, set.as_ref(), &health::pods_of(&observed.pods, part))
}

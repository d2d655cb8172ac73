//! What the managed data stores have in common: a `StatefulSet` of one pod with a volume.

use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec},
        core::v1::{
            PersistentVolumeClaim, PersistentVolumeClaimSpec, PodTemplateSpec, Service,
            VolumeResourceRequirements,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
    },
};

use crate::{
    kubernetes::{
        health,
        names::{self, Component},
        service,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
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
    pub fn of(data_store: &DataStore) -> Self {
        Self {
            size: data_store.size.clone(),
            storage_class: data_store.storage_class.clone(),
        }
    }
}

/// The name of the Service that gives pods names of their own: `<pod>.<this name>`.
pub fn headless_name(platform: &Validated, part: &str) -> String {
    format!("{}-headless", platform.child(part))
}

/// The objects of a `StatefulSet`: its two Services, and itself.
pub fn objects(
    platform: &Validated,
    part: &str,
    component: Component,
    client_port: u16,
    wave: Wave,
    set: &StatefulSet,
) -> [Planned; 3] {
    [
        Planned::new(wave, &service(platform, part, component, client_port)),
        Planned::new(wave, &headless_service(platform, part, component, client_port)),
        Planned::new(wave, set),
    ]
}

/// The Service that clients use: its address outlives the pod.
fn service(platform: &Validated, part: &str, component: Component, client_port: u16) -> Service {
    service::service(
        platform,
        part,
        component,
        names::selector(&platform.name, part),
        // A mesh would otherwise wait for the first bytes and guess what they are.
        vec![service::port(part, client_port, Some("tcp"))],
    )
}

/// The Service that gives the pods of a `StatefulSet` names of their own.
fn headless_service(platform: &Validated, part: &str, component: Component, client_port: u16) -> Service {
    let mut service = service(platform, part, component, client_port);
    service.metadata.name = Some(headless_name(platform, part));
    if let Some(spec) = &mut service.spec {
        spec.type_ = None;
        spec.cluster_ip = Some("None".to_owned());
        spec.publish_not_ready_addresses = Some(true);
    }
    service
}

/// A `StatefulSet` of one pod. The platform's deletion policy decides whether its volume is deleted with it.
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

/// The health of a managed data store.
pub fn health(platform: &Validated, part: &str, observed: &Observed) -> Health {
    let name = platform.child(part);
    let set = observed.children.typed::<StatefulSet>(&name);
    health::stateful_set(&name, set.as_ref(), &health::pods_of(&observed.pods, part))
}

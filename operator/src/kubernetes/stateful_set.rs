//! What the managed data stores have in common: a `StatefulSet` of one pod with a volume.

use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec},
        core::v1::{
            PersistentVolumeClaim, PersistentVolumeClaimSpec, PodSpec, Service, VolumeResourceRequirements,
        },
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use crate::{
    kubernetes::{
        health,
        metadata::{metadata, pods_of},
        names::Component,
        pod_template, service,
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

/// A `StatefulSet` of one pod, which another hash of its configuration replaces. The platform's deletion policy decides whether its volume is deleted with it.
pub fn stateful_set(
    platform: &Validated,
    part: &str,
    component: Component,
    data_store: &DataStore,
    config_hash: String,
    pod: PodSpec,
) -> StatefulSet {
    let pod = PodSpec {
        termination_grace_period_seconds: Some(60),
        ..pod
    };
    StatefulSet {
        metadata: metadata(platform, part, component),
        spec: Some(StatefulSetSpec {
            replicas: Some(1),
            service_name: Some(headless_name(platform, part)),
            selector: pods_of(platform, part),
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
                    storage_class_name: data_store.storage_class.clone(),
                    resources: Some(VolumeResourceRequirements {
                        requests: Some([("storage".to_owned(), Quantity(data_store.size.clone()))].into()),
                        ..Default::default()
                    }),
                    ..Default::default()
                }),
                ..Default::default()
            }]),
            template: pod_template::template(platform, part, component, Some(config_hash), pod),
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

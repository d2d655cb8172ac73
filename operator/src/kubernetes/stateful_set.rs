//! What the managed data stores share: a `StatefulSet` of one pod with a volume.

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
        health::{self, Evidence},
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

/// The name of the headless Service, which gives each pod its own DNS name: `<pod>.<this name>`.
pub fn headless_name(platform: &Validated, part: &str) -> String {
    format!("{}-headless", platform.child(part))
}

/// A `StatefulSet` and its two Services.
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

/// The Service that clients use: its address does not change when the pod is replaced.
fn service(platform: &Validated, part: &str, component: Component, client_port: u16) -> Service {
    service::service(
        platform,
        part,
        component,
        // Without a protocol, a mesh would wait for the first bytes to detect it.
        vec![service::port(part, client_port, Some("tcp"))],
    )
}

/// The headless Service, which gives the pods of a `StatefulSet` their own DNS names.
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

/// A `StatefulSet` of one pod, which a changed configuration hash replaces. The platform's deletion policy decides
/// whether its volume is deleted with it.
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
            // With the default, a pod that does not become ready because of a broken template would block the rollout
            // of the fix.
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
    health::stateful_set(&name, set.as_ref(), &Evidence::of(observed, part))
}

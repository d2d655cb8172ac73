//! Decides, without any input or output, which objects a platform is made of and how it is doing.

pub mod autoscaling;
pub mod catalog;
pub mod conditions;
pub mod data_store;
pub mod disruption;
pub mod drift;
pub mod gateway;
pub mod health;
pub mod kafka;
pub mod mongodb;
pub mod names;
pub mod network;
pub mod notifications;
pub mod object;
pub mod observed;
pub mod pod;
pub mod postgres;
pub mod quantity;
pub mod secrets;
pub mod setup;
pub mod validated;
pub mod variables;
pub mod workload;

use fdp_crds::FoodDeliveryPlatform;
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, StatefulSet},
        autoscaling::v2::HorizontalPodAutoscaler,
        batch::v1::Job,
        core::v1::{ConfigMap, Secret, Service as KubeService},
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{Resource, core::ApiResource};

use catalog::Service;
use conditions::Assessment;
use object::{ObjectKey, Planned};
use observed::Observed;
use validated::Validated;

/// What a platform should be made of, and how it is doing.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every object, in the order in which to apply them.
    pub objects: Vec<Planned>,
    /// How the platform is doing, as far as it was observed.
    pub assessment: Assessment,
}

impl Plan {
    /// Whether an object is part of the plan.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.objects.iter().any(|planned| planned.key() == *key)
    }
}

/// Every kind of object that a platform can be made of.
pub fn owned_kinds() -> Vec<ApiResource> {
    vec![
        ApiResource::erase::<ConfigMap>(&()),
        ApiResource::erase::<Secret>(&()),
        ApiResource::erase::<KubeService>(&()),
        ApiResource::erase::<StatefulSet>(&()),
        ApiResource::erase::<Deployment>(&()),
        ApiResource::erase::<Job>(&()),
        ApiResource::erase::<HorizontalPodAutoscaler>(&()),
        ApiResource::erase::<PodDisruptionBudget>(&()),
        ApiResource::erase::<NetworkPolicy>(&()),
    ]
}

/// Plans a whole platform.
pub fn plan(platform: &Validated, observed: &Observed) -> Plan {
    let credentials = &observed.credentials;
    let mut objects = Vec::new();
    objects.extend(secrets::secrets(platform, credentials));
    objects.extend(network::policies(platform));
    objects.extend(kafka::kafka(platform));
    objects.extend(postgres::postgres(platform, credentials));
    objects.push(setup::job(platform, credentials));
    for settings in &platform.services {
        objects.push(workload::deployment(platform, settings, observed));
        objects.push(match settings.service {
            Service::Gateway => gateway::service(platform),
            service => workload::service(platform, service),
        });
        objects.extend(autoscaling::autoscaler(platform, settings));
        objects.push(disruption::budget(platform, settings.service));
    }
    objects.sort_by_key(|planned| planned.wave);
    let owner = owner(platform);
    let objects = objects
        .into_iter()
        .map(|planned| planned.seal(&platform.namespace, owner.as_ref()))
        .collect();
    Plan {
        objects,
        assessment: conditions::assess(platform, observed),
    }
}

/// The reference by which Kubernetes deletes the objects together with their platform.
fn owner(platform: &Validated) -> Option<OwnerReference> {
    Some(OwnerReference {
        api_version: FoodDeliveryPlatform::api_version(&()).into_owned(),
        kind: FoodDeliveryPlatform::kind(&()).into_owned(),
        name: platform.name.clone(),
        uid: platform.uid.clone()?,
        controller: Some(true),
        block_owner_deletion: Some(true),
    })
}

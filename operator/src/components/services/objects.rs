//! Every object of a service.

use k8s_openapi::api::core::v1::Service as KubeService;

use crate::{
    components::services::{
        canary,
        workload::{Connections, workload},
    },
    kubernetes::{autoscaling, disruption, names::Component, workload::deployment},
    model::{
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{ServiceSettings, Validated},
};

/// Every object of a service, its canary included.
pub fn objects(
    platform: &Validated,
    settings: &ServiceSettings,
    observed: &Observed,
    connections: &Connections,
    kube_service: &KubeService,
) -> Vec<Planned> {
    let part = settings.service.name();
    let mut objects = vec![deployment(
        platform,
        workload(platform, settings, observed, connections),
        observed,
    )];
    objects.extend(canary::deployment(platform, settings, observed, connections));
    objects.push(Planned::new(Wave::Routing, kube_service));
    objects.extend(autoscaling::autoscaler(
        platform,
        part,
        Component::Service,
        settings.scaling,
    ));
    objects.push(disruption::budget_of_scaled(
        platform,
        part,
        Component::Service,
        observed,
    ));
    objects
}

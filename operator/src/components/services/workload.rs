//! The workload of a service: its pods and their settings.

use std::collections::BTreeMap;

use fdp_catalogue::{Service, variables};
use k8s_openapi::api::core::v1::{Container, EnvVar};

use crate::{
    components::services::{
        config_hash,
        ports::{drills, listens, management},
    },
    kubernetes::{
        names::{self, Component},
        pod, probe,
        workload::{self, Workload},
    },
    model::{object::RolloutStage, observed::Observed},
    spec::{ServiceSettings, Validated},
};

/// The variables that other parts give to the container of a service.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// The connections to Kafka and the service's database.
    pub data_stores: Vec<EnvVar>,
    /// Variables for this service only.
    pub own: Vec<EnvVar>,
}

/// The workload of a service.
pub(super) fn workload<'a>(
    platform: &Validated,
    settings: &ServiceSettings,
    observed: &Observed,
    connections: &Connections,
) -> Workload<'a> {
    let service = settings.service;
    Workload {
        part: service.name(),
        component: Component::Service,
        account: service.name(),
        pod_labels: pod_labels(service, names::STABLE),
        config_hash: config_hash::of(platform, service, observed),
        container: container(platform, settings, connections),
        scaling: settings.scaling,
        rollout_stage: rollout_stage(service),
    }
}

/// These labels select the pods of all versions or of one version. Stable pods always have them, so that adding or
/// removing a canary does not replace stable pods.
pub(super) fn pod_labels(service: Service, track: &str) -> BTreeMap<String, String> {
    [
        (names::SERVICE_LABEL, service.name()),
        (names::TRACK_LABEL, track),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// The stage in which a service's pods are replaced: services that no other service calls come first.
fn rollout_stage(service: Service) -> RolloutStage {
    match service {
        Service::Gateway => RolloutStage::Gateway,
        Service::Order => RolloutStage::Order,
        Service::Pay => RolloutStage::Pay,
        _ => RolloutStage::Leaves,
    }
}

fn container(platform: &Validated, settings: &ServiceSettings, connections: &Connections) -> Container {
    let service = settings.service;
    // The port that customers use: one of its own for probes would still answer when this one does not.
    let (readiness, liveness) = probe::probes("http", &settings.probes);
    workload::container(
        platform,
        Container {
            name: service.name().to_owned(),
            image: Some(platform.service_image(settings)),
            ports: Some(
                listens(service)
                    .chain(management(service))
                    .chain(drills(platform, service))
                    .map(|(name, port)| pod::port(name, port))
                    .collect(),
            ),
            env: Some(environment(platform, settings, connections)),
            resources: Some(pod::resources(&settings.requests, &settings.limits)),
            readiness_probe: Some(readiness),
            liveness_probe: Some(liveness),
            ..Default::default()
        },
    )
}

fn environment(platform: &Validated, settings: &ServiceSettings, connections: &Connections) -> Vec<EnvVar> {
    let service = settings.service;
    let mut variables = workload::environment(platform, service.port());
    if let Some(port) = service.grpc_port() {
        variables.push(pod::env(variables::GRPC_PORT, port.to_string()));
    }
    if let Some((_, port)) = management(service) {
        variables.push(pod::env(variables::MANAGEMENT_PORT, port.to_string()));
    }
    if let Some((_, port)) = drills(platform, service) {
        variables.push(pod::env(variables::DRILL_PORT, port.to_string()));
    }
    variables.extend_from_slice(&connections.data_stores);
    for callee in service.calls() {
        let url = format!("http://{}:{}", platform.child(callee.name()), callee.port());
        variables.push(pod::env(&variables::url(*callee), url));
    }
    variables.extend_from_slice(&connections.own);
    match service {
        Service::Store => variables.push(pod::env(variables::AUTOPILOT, platform.store_acts.to_string())),
        Service::Delivery => variables.push(pod::env(variables::AUTOPILOT, platform.rider_acts.to_string())),
        _ => {}
    }
    workload::extend_environment(&mut variables, &settings.env);
    variables
}

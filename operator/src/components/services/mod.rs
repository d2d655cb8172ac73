//! What one of the platform's own services is made of.

pub mod canary;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar, Service as KubeService};
use serde_json::json;

use crate::{
    components::{gateway, kafka, mongodb, notifications, postgres},
    kubernetes::{
        autoscaling, disruption,
        names::{self, Component},
        pod,
        workload::Workload,
    },
    model::{
        object::{Planned, Turn, Wave},
        observed::Observed,
    },
    spec::{ServiceSettings, Validated, canonical::hash, catalog::Service, variables},
};

/// Everything that makes up a service, its canary included.
pub fn objects(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> Vec<Planned> {
    let service = settings.service;
    let part = service.name();
    let mut objects = vec![crate::kubernetes::workload::deployment(
        platform,
        workload(platform, settings, observed),
        observed,
    )];
    objects.extend(canary::deployment(platform, settings, observed));
    objects.push(match service {
        Service::Gateway => gateway::service(platform, settings, observed),
        _ => Planned::new(Wave::Routing, &kube_service(platform, settings, observed)),
    });
    objects.extend(autoscaling::autoscaler(
        platform,
        part,
        Component::Service,
        settings.scaling,
    ));
    objects.push(disruption::budget(platform, part, Component::Service));
    objects
}

/// What runs in the pods of a service.
pub(super) fn workload<'a>(
    platform: &Validated,
    settings: &ServiceSettings,
    observed: &Observed,
) -> Workload<'a> {
    let service = settings.service;
    Workload {
        part: service.name(),
        component: Component::Service,
        account: service.name(),
        pod_labels: pod_labels(service, names::STABLE),
        config_hash: config_hash(service, observed),
        container: container(platform, settings),
        scaling: settings.scaling,
        turn: turn(service),
    }
}

/// By these the pods of all versions are found together, and told apart. Stable pods always have them, so that a canary
/// that comes or goes replaces none of them.
pub(super) fn pod_labels(service: Service, track: &str) -> BTreeMap<String, String> {
    [
        (names::SERVICE_LABEL, service.name()),
        (names::TRACK_LABEL, track),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// When a service's pods are replaced: those first whom nobody waits for.
fn turn(service: Service) -> Turn {
    match service {
        Service::Gateway => Turn::Gateway,
        Service::Order => Turn::Order,
        Service::Pay => Turn::Pay,
        _ => Turn::Leaves,
    }
}

/// The Kubernetes Service of a service, as the gateway's exposure builds on it.
pub fn kube_service(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> KubeService {
    let service = settings.service;
    let selector = if canary::joins(settings, observed) {
        names::service_selector(&platform.name, service.name())
    } else {
        names::selector(&platform.name, service.name())
    };
    crate::kubernetes::workload::kube_service(
        platform,
        service.name(),
        Component::Service,
        selector,
        listens(service),
    )
}

/// The ports of a service: their names, which are their protocols too, and numbers.
fn listens(service: Service) -> impl Iterator<Item = (&'static str, u16)> {
    let grpc = service.grpc_port().map(|port| ("grpc", port));
    [("http", service.port())].into_iter().chain(grpc)
}

/// The port that is for those who run the cluster, and no part of the service that others see.
fn management(service: Service) -> Option<(&'static str, u16)> {
    service.management_port().map(|port| ("management", port))
}

fn container(platform: &Validated, settings: &ServiceSettings) -> Container {
    let service = settings.service;
    let probed = management(service).map_or("http", |(name, _)| name);
    let (readiness, liveness) = pod::probes(probed, &settings.probes);
    crate::kubernetes::workload::container(
        platform,
        Container {
            name: service.name().to_owned(),
            image: Some(platform.service_image(settings)),
            ports: Some(
                listens(service)
                    .chain(management(service))
                    .map(|(name, port)| crate::kubernetes::workload::container_port(name, port))
                    .collect(),
            ),
            env: Some(environment(platform, settings)),
            resources: Some(pod::resources(&settings.requests, &settings.limits)),
            readiness_probe: Some(readiness),
            liveness_probe: Some(liveness),
            ..Default::default()
        },
    )
}

fn environment(platform: &Validated, settings: &ServiceSettings) -> Vec<EnvVar> {
    let service = settings.service;
    let mut variables = crate::kubernetes::workload::environment(platform, service.port());
    if let Some(port) = service.grpc_port() {
        variables.push(pod::env(variables::GRPC_PORT, port.to_string()));
    }
    if let Some((_, port)) = management(service) {
        variables.push(pod::env(variables::MANAGEMENT_PORT, port.to_string()));
    }
    if service.keeps_state() {
        variables.extend(kafka::client_environment(platform));
        variables.extend(postgres::client_environment(platform, service.name()));
    }
    for callee in service.calls() {
        let url = format!("http://{}:{}", platform.child(callee.name()), callee.port());
        variables.push(pod::env(&variables::url(*callee), url));
    }
    match service {
        Service::Gateway => variables.extend(gateway::environment(platform)),
        Service::Customer => variables.extend(notifications::environment(platform)),
        Service::Order => variables.extend(mongodb::environment(platform)),
        Service::Store => variables.push(pod::env(variables::AUTOPILOT, platform.store_acts.to_string())),
        Service::Delivery => variables.push(pod::env(variables::AUTOPILOT, platform.rider_acts.to_string())),
        _ => {}
    }
    crate::kubernetes::workload::extend_environment(&mut variables, &settings.env);
    variables
}

/// Changes when the service's password does, so that its pods, and no others, start anew.
fn config_hash(service: Service, observed: &Observed) -> Option<String> {
    service
        .keeps_state()
        .then(|| hash(&json!(observed.credentials.databases.get(service.name()))))
}

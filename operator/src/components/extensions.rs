//! Extensions: services of third parties that run beside the platform's own.

use std::collections::BTreeMap;

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::{Container, EnvVar};

use crate::{
    kubernetes::{
        autoscaling, deployment, disruption,
        names::Component,
        pod, probe, service, service_accounts,
        workload::{self, Workload},
    },
    model::{
        health::Health,
        object::{Planned, RolloutStage, Wave},
        observed::Observed,
    },
    spec::{ExtensionSettings, Validated},
};

/// The name of an extension's port, and its protocol.
const HTTP: &str = "http";

/// Every object of the extensions, except their network policies.
///
/// `kafka` is the connection to Kafka, for extensions that subscribe to events.
pub fn objects(platform: &Validated, observed: &Observed, kafka: &[EnvVar]) -> Vec<Planned> {
    platform
        .extensions
        .iter()
        .flat_map(|extension| {
            let part = &extension.name;
            let service = service::service(
                platform,
                part,
                Component::Extension,
                vec![service::port(HTTP, extension.port, Some(HTTP))],
            );
            let mut objects = vec![
                service_accounts::account(platform, part, Component::Extension),
                workload::deployment(platform, workload(platform, extension, kafka), observed),
                Planned::new(Wave::Routing, &service),
                disruption::budget_of_scaled(platform, part, Component::Extension, observed),
            ];
            objects.extend(autoscaling::autoscaler(
                platform,
                part,
                Component::Extension,
                extension.scaling,
            ));
            objects
        })
        .collect()
}

fn workload<'a>(platform: &Validated, extension: &'a ExtensionSettings, kafka: &[EnvVar]) -> Workload<'a> {
    let (readiness, liveness) = probe::probes(HTTP, &extension.probes);
    Workload {
        part: &extension.name,
        component: Component::Extension,
        account: &extension.name,
        pod_labels: BTreeMap::new(),
        config_hash: None,
        container: workload::container(
            platform,
            Container {
                name: extension.name.clone(),
                image: Some(extension.image.clone()),
                ports: Some(vec![pod::port(HTTP, extension.port)]),
                env: Some(environment(platform, extension, kafka)),
                resources: Some(pod::resources(&extension.requests, &extension.limits)),
                readiness_probe: Some(readiness),
                liveness_probe: Some(liveness),
                ..Default::default()
            },
        ),
        scaling: extension.scaling,
        // No part of the platform depends on an extension, so an extension must not delay any.
        rollout_stage: RolloutStage::Anytime,
    }
}

fn environment(platform: &Validated, extension: &ExtensionSettings, kafka: &[EnvVar]) -> Vec<EnvVar> {
    let mut variables = workload::environment(platform, extension.port);
    if !extension.subscribes.is_empty() {
        let topics: Vec<String> = extension
            .subscribes
            .iter()
            .flat_map(|service| service.topics())
            .map(|topic| platform.name_in_kafka(topic))
            .collect();
        variables.extend_from_slice(kafka);
        variables.push(pod::env(variables::KAFKA_TOPICS, topics.join(",")));
        variables.push(pod::env(
            variables::KAFKA_GROUP,
            platform.name_in_kafka(&extension.name),
        ));
    }
    workload::extend_environment(&mut variables, &extension.env);
    variables
}

/// The routes of the gateway to extensions; `None` if there are none.
pub fn routes(platform: &Validated) -> Option<String> {
    let mut routes: Vec<String> = platform
        .extensions
        .iter()
        .filter_map(|extension| {
            let route = extension.route.as_ref()?;
            let address = platform.child(&extension.name);
            Some(format!("{route}=http://{address}:{}", extension.port))
        })
        .collect();
    // The order of the list in the resource has no meaning, so a change of it must not replace the gateway's pods.
    routes.sort();
    (!routes.is_empty()).then(|| routes.join(","))
}

/// The health of the extensions.
pub fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    platform
        .extensions
        .iter()
        .map(|extension| {
            deployment::health(platform, &extension.name, extension.scaling.required(), observed)
        })
        .collect()
}

//! Services that we know nothing about, run beside the others.

use std::collections::BTreeMap;

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Container, EnvVar},
};

use crate::{
    components::kafka,
    kubernetes::{
        autoscaling, disruption, health,
        names::{self, Component},
        pod, service_accounts,
        workload::{self, Workload},
    },
    model::{
        health::Health,
        object::{Planned, Turn, Wave},
        observed::Observed,
    },
    spec::{ExtensionSettings, Scaling, Validated, variables},
};

/// The name of an extension's port, and its protocol.
const HTTP: &str = "http";

/// Everything that makes up the extensions, but what the network lets through.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    platform
        .extensions
        .iter()
        .flat_map(|extension| {
            let part = &extension.name;
            let service = workload::kube_service(
                platform,
                part,
                Component::Extension,
                names::selector(&platform.name, part),
                [(HTTP, extension.port)].into_iter(),
            );
            let mut objects = vec![
                service_accounts::account(platform, part, Component::Extension),
                workload::deployment(platform, workload(platform, extension), observed),
                Planned::new(Wave::Routing, &service),
                disruption::budget(platform, part, Component::Extension),
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

fn workload<'a>(platform: &Validated, extension: &'a ExtensionSettings) -> Workload<'a> {
    let (readiness, liveness) = pod::probes(HTTP, &extension.probes);
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
                ports: Some(vec![workload::container_port(HTTP, extension.port)]),
                env: Some(environment(platform, extension)),
                resources: Some(pod::resources(&extension.requests, &extension.limits)),
                readiness_probe: Some(readiness),
                liveness_probe: Some(liveness),
                ..Default::default()
            },
        ),
        scaling: extension.scaling,
        // Nobody of the platform waits for an extension, and it must not hold up anybody.
        turn: Turn::Anytime,
    }
}

fn environment(platform: &Validated, extension: &ExtensionSettings) -> Vec<EnvVar> {
    let mut variables = workload::environment(platform, extension.port);
    if !extension.subscribes.is_empty() {
        let topics: Vec<String> = extension
            .subscribes
            .iter()
            .filter_map(|service| service.topic())
            .collect();
        variables.extend(kafka::client_environment(platform));
        variables.push(pod::env(variables::KAFKA_TOPICS, topics.join(",")));
        variables.push(pod::env(variables::KAFKA_GROUP, &extension.name));
    }
    workload::extend_environment(&mut variables, &extension.env);
    variables
}

/// What the gateway is told about paths that lead to extensions; `None` if none does.
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
    // The order in which the resource lists them makes no difference, and must not replace the gateway's pods.
    routes.sort();
    (!routes.is_empty()).then(|| routes.join(","))
}

/// How the extensions are doing.
pub fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    platform
        .extensions
        .iter()
        .map(|extension| {
            let name = platform.child(&extension.name);
            let required = match extension.scaling {
                Scaling::Fixed(_) => None,
                Scaling::Automatic { min, .. } => Some(min),
            };
            health::deployment(
                &name,
                observed.children.typed::<Deployment>(&name).as_ref(),
                required,
                &health::pods_of(&observed.pods, &extension.name),
            )
        })
        .collect()
}

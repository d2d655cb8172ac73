//! The web page with topics, messages and consumer groups: Kafbat UI.

use fdp_catalogue::variables;
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Container, EnvVar, PodSpec, Service},
    networking::v1::NetworkPolicyEgressRule,
};

use crate::{
    components::kafka::{
        client::{client_environment, egress},
        external, ports,
    },
    kubernetes::{
        deployment,
        names::{Component, KAFKA, KAFKA_UI},
        network_policy, pod, probe, service, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Kafka, Validated},
};

const PORT: u16 = 8080;
const HTTP: &str = "http";
/// The prefix of variables with Kafka properties for the page's only cluster.
const PROPERTIES: &str = "KAFKA_CLUSTERS_0_PROPERTIES_";

/// Every object of the page, if it is enabled.
pub(super) fn objects(platform: &Validated) -> Vec<Planned> {
    let Some(image) = &platform.kafka_ui else {
        return Vec::new();
    };
    vec![
        service_accounts::account(platform, KAFKA_UI, Component::Broker),
        policy(platform),
        Planned::new(Wave::Services, &deployment(platform, image)),
        Planned::new(Wave::Routing, &service(platform)),
    ]
}

/// The health of the page.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Option<Health> {
    platform.kafka_ui.as_ref()?;
    Some(deployment::health(platform, KAFKA_UI, None, observed))
}

/// The page may connect to Kafka. People can connect to the page only by a forwarded port, because it has no sign-in.
fn policy(platform: &Validated) -> Planned {
    let brokers = NetworkPolicyEgressRule {
        to: Some(vec![network_policy::part(platform, KAFKA)]),
        ports: Some(vec![network_policy::port(ports::PORT, "TCP")]),
    };
    let egress = match &platform.kafka {
        Kafka::Managed { .. } => vec![brokers],
        Kafka::Strimzi(_) | Kafka::External(_) => egress(platform),
    };
    network_policy::policy(platform, KAFKA_UI, Component::Broker, Vec::new(), egress)
}

fn deployment(platform: &Validated, image: &str) -> Deployment {
    deployment::of_part(
        platform,
        KAFKA_UI,
        Component::Broker,
        None,
        PodSpec {
            containers: vec![container(platform, image)],
            volumes: Some(vec![pod::tmp()]),
            // The image names its user. Kubernetes can verify that it is not root only if the user is a number.
            security_context: Some(pod::pod_security(pod::SERVICE_USER)),
            ..Default::default()
        },
    )
}

fn service(platform: &Validated) -> Service {
    service::service(
        platform,
        KAFKA_UI,
        Component::Broker,
        vec![service::port(HTTP, PORT, Some(HTTP))],
    )
}

fn container(platform: &Validated, image: &str) -> Container {
    pod::container(
        platform,
        KAFKA_UI,
        image,
        Container {
            env: Some(environment(platform)),
            ports: Some(vec![pod::port(HTTP, PORT)]),
            resources: Some(pod::fixed_resources("20m", "320Mi", "640Mi")),
            readiness_probe: Some(probe::http_probe(HTTP, "/actuator/health", 5, 6)),
            // It starts slowly, and nothing depends on it, so the probe is tolerant.
            liveness_probe: Some(probe::liveness(
                probe::GRACE_SECONDS,
                probe::http_probe(HTTP, "/actuator/health", 20, 9),
            )),
            ..Default::default()
        },
    )
}

/// The variables of the page, which is read-only.
fn environment(platform: &Validated) -> Vec<EnvVar> {
    // The address comes first, because the page's variable refers to it.
    let mut environment: Vec<EnvVar> = client_environment(platform)
        .into_iter()
        .filter(|variable| variable.name == variables::KAFKA_BROKERS)
        .collect();
    environment.extend([
        pod::env("KAFKA_CLUSTERS_0_NAME", &platform.name),
        pod::env(
            "KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS",
            format!("$({})", variables::KAFKA_BROKERS),
        ),
        pod::env("KAFKA_CLUSTERS_0_READONLY", "true"),
        pod::env("DYNAMIC_CONFIG_ENABLED", "false"),
        pod::env(
            "JAVA_OPTS",
            "-Xmx256m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError",
        ),
    ]);
    if let Kafka::External(there) = &platform.kafka {
        environment.extend(external::java_properties(PROPERTIES, &there.secret));
    }
    environment
}

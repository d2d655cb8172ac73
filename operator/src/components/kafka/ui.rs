//! The page that shows topics, messages and consumer groups: Kafbat UI.

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec},
        core::v1::{
            Container, ContainerPort, EnvVar, PodSpec, PodTemplateSpec, Service, ServicePort, ServiceSpec,
        },
        networking::v1::NetworkPolicyEgressRule,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};

use crate::{
    components::kafka::{client_environment, external},
    kubernetes::{
        health,
        names::{self, Component, KAFKA, KAFKA_UI},
        pod, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    plan::network,
    spec::{Kafka, Validated, variables},
};

const PORT: u16 = 8080;
const HTTP: &str = "http";
/// Kafka's own properties of the page's one cluster.
const PROPERTIES: &str = "KAFKA_CLUSTERS_0_PROPERTIES_";

/// The page, if it is asked for.
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

/// How the page is doing.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Option<Health> {
    platform.kafka_ui.as_ref()?;
    let name = platform.child(KAFKA_UI);
    let deployment = observed.children.typed::<Deployment>(&name);
    let pods = health::pods_of(&observed.pods, KAFKA_UI);
    Some(health::deployment(&name, deployment.as_ref(), None, &pods))
}

fn metadata(platform: &Validated) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(KAFKA_UI)),
        labels: Some(names::labels(&platform.name, KAFKA_UI, Component::Broker)),
        ..Default::default()
    }
}

/// It asks Kafka; whoever wants to see it forwards its port, because nobody signs in there.
fn policy(platform: &Validated) -> Planned {
    let brokers = NetworkPolicyEgressRule {
        to: Some(vec![network::part(platform, KAFKA)]),
        ports: Some(vec![network::port(crate::components::kafka::PORT, "TCP")]),
    };
    let egress = match &platform.kafka {
        Kafka::Managed { .. } => vec![brokers],
        Kafka::Strimzi(_) | Kafka::External { .. } => crate::components::kafka::egress(platform),
    };
    network::policy(platform, KAFKA_UI, Component::Broker, Vec::new(), egress)
}

fn deployment(platform: &Validated, image: &str) -> Deployment {
    Deployment {
        metadata: metadata(platform),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            revision_history_limit: Some(3),
            selector: LabelSelector {
                match_labels: Some(names::selector(&platform.name, KAFKA_UI)),
                ..Default::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(names::labels(&platform.name, KAFKA_UI, Component::Broker)),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    containers: vec![container(platform, image)],
                    volumes: Some(vec![pod::tmp()]),
                    // The image names its user, and only a number can be known not to be root's.
                    security_context: Some(pod::pod_security(pod::SERVICE_USER)),
                    service_account_name: Some(platform.child(KAFKA_UI)),
                    automount_service_account_token: Some(false),
                    enable_service_links: Some(false),
                    image_pull_secrets: pod::pull_secrets(platform),
                    ..Default::default()
                }),
            },
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn service(platform: &Validated) -> Service {
    Service {
        metadata: metadata(platform),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(names::selector(&platform.name, KAFKA_UI)),
            ports: Some(vec![ServicePort {
                name: Some(HTTP.to_owned()),
                port: i32::from(PORT),
                target_port: Some(IntOrString::String(HTTP.to_owned())),
                protocol: Some("TCP".to_owned()),
                app_protocol: Some(HTTP.to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn container(platform: &Validated, image: &str) -> Container {
    pod::restrict(Container {
        name: KAFKA_UI.to_owned(),
        image: Some(image.to_owned()),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        env: Some(environment(platform)),
        ports: Some(vec![ContainerPort {
            name: Some(HTTP.to_owned()),
            container_port: i32::from(PORT),
            protocol: Some("TCP".to_owned()),
            ..Default::default()
        }]),
        resources: Some(pod::resources(
            &pod::amounts(Some("20m"), "320Mi"),
            &pod::amounts(None, "640Mi"),
        )),
        readiness_probe: Some(pod::http_probe(HTTP, "/actuator/health", 5, 6)),
        // It takes its time to start, and nobody waits for it.
        liveness_probe: Some(pod::http_probe(HTTP, "/actuator/health", 20, 9)),
        ..Default::default()
    })
}

/// Who opens the page reads everything, and changes nothing.
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
    if let Kafka::External { secret } = &platform.kafka {
        environment.extend(external::java_properties(PROPERTIES, secret));
    }
    environment
}

//! The managed Kibana.

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec},
        core::v1::{Container, ContainerPort, PodSpec, PodTemplateSpec},
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};
use serde_json::json;

use crate::{
    components::logging::{ELASTICSEARCH_PORT, KIBANA_KEY, KIBANA_PASSWORD, KIBANA_PORT, labels, metadata},
    kubernetes::{
        health,
        names::{self, Component, ELASTICSEARCH, KIBANA},
        pod, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Logging, Validated, canonical::hash},
};

const HOME: &str = "/usr/share/kibana";

/// Everything that makes up the managed Kibana, if it runs.
pub(super) fn objects(platform: &Validated, settings: &Logging, observed: &Observed) -> Vec<Planned> {
    let Some(Some(image)) = &settings.kibana else {
        return Vec::new();
    };
    vec![
        service_accounts::account(platform, KIBANA, Component::Logging),
        Planned::new(Wave::Services, &deployment(platform, settings, image, observed)),
        Planned::new(
            Wave::Routing,
            &crate::components::logging::service(platform, KIBANA, KIBANA_PORT),
        ),
    ]
}

/// How Kibana is doing; `None` if it does not run.
pub(super) fn health(platform: &Validated, settings: &Logging, observed: &Observed) -> Option<Health> {
    settings.kibana.as_ref()?;
    let name = platform.child(KIBANA);
    let deployment = observed.children.typed::<Deployment>(&name);
    let pods = health::pods_of(&observed.pods, KIBANA);
    Some(health::deployment(&name, deployment.as_ref(), None, &pods))
}

fn deployment(platform: &Validated, settings: &Logging, image: &str, observed: &Observed) -> Deployment {
    let credentials = &observed.credentials;
    Deployment {
        metadata: metadata(platform, KIBANA),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            revision_history_limit: Some(3),
            selector: LabelSelector {
                match_labels: Some(names::selector(&platform.name, KIBANA)),
                ..Default::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels(platform, KIBANA)),
                    annotations: Some(
                        [(
                            names::CONFIG_HASH.to_owned(),
                            hash(&json!([credentials.kibana, credentials.kibana_key])),
                        )]
                        .into(),
                    ),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    containers: vec![container(platform, settings, image)],
                    volumes: Some(vec![pod::tmp(), pod::scratch("data"), pod::scratch("logs")]),
                    security_context: Some(crate::components::logging::elasticsearch::security()),
                    service_account_name: Some(platform.child(KIBANA)),
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

fn container(platform: &Validated, settings: &Logging, image: &str) -> Container {
    let secret = platform.child(ELASTICSEARCH);
    let key = |variable| pod::env_from_secret(variable, &secret, KIBANA_KEY);
    pod::restrict(Container {
        name: KIBANA.to_owned(),
        image: Some(image.to_owned()),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        ports: Some(vec![ContainerPort {
            name: Some(KIBANA.to_owned()),
            container_port: i32::from(KIBANA_PORT),
            protocol: Some("TCP".to_owned()),
            ..Default::default()
        }]),
        // Nobody gets in without a name: as long as `xpack.security.authc` names no anonymous user, there is none.
        env: Some(vec![
            pod::env(
                "ELASTICSEARCH_HOSTS",
                crate::components::logging::elasticsearch_server(platform, settings).url(ELASTICSEARCH_PORT),
            ),
            pod::env("ELASTICSEARCH_USERNAME", "kibana_system"),
            pod::env_from_secret("ELASTICSEARCH_PASSWORD", &secret, KIBANA_PASSWORD),
            // Without keys of their own, sessions would end with the pod.
            key("XPACK_SECURITY_ENCRYPTIONKEY"),
            key("XPACK_ENCRYPTEDSAVEDOBJECTS_ENCRYPTIONKEY"),
            key("XPACK_REPORTING_ENCRYPTIONKEY"),
            pod::env("TELEMETRY_OPTIN", "false"),
        ]),
        resources: Some(pod::resources(
            &pod::amounts(Some("50m"), "512Mi"),
            &pod::amounts(None, "1536Mi"),
        )),
        // The page where people sign in is there once Kibana has found Elasticsearch.
        startup_probe: Some(pod::http_probe(KIBANA, "/login", 5, 60)),
        readiness_probe: Some(pod::http_probe(KIBANA, "/login", 10, 3)),
        liveness_probe: Some(pod::tcp_probe(KIBANA, 10, 6)),
        volume_mounts: Some(vec![
            pod::mount("data", &format!("{HOME}/data")),
            pod::mount("logs", &format!("{HOME}/logs")),
        ]),
        ..Default::default()
    })
}

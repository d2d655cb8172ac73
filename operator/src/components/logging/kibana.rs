//! The managed Kibana.

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Container, PodSpec},
};
use serde_json::json;

use crate::{
    components::logging::{
        access::elasticsearch_server,
        elasticsearch,
        passwords::{KIBANA_KEY, KIBANA_PASSWORD},
        server::{ELASTICSEARCH_PORT, KIBANA_PORT},
    },
    kubernetes::{
        deployment,
        names::{Component, ELASTICSEARCH, KIBANA},
        pod, probe, service, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Logging, Validated, canonical::hash},
};

const HOME: &str = "/usr/share/kibana";

/// Every object of the managed Kibana, if it runs.
pub(super) fn objects(platform: &Validated, settings: &Logging, observed: &Observed) -> Vec<Planned> {
    let Some(Some(image)) = &settings.kibana else {
        return Vec::new();
    };
    vec![
        service_accounts::account(platform, KIBANA, Component::Logging),
        Planned::new(Wave::Services, &deployment(platform, settings, image, observed)),
        Planned::new(
            Wave::Routing,
            &service::service(
                platform,
                KIBANA,
                Component::Logging,
                vec![service::port(KIBANA, KIBANA_PORT, None)],
            ),
        ),
    ]
}

/// The health of Kibana; `None` if it does not run.
pub(super) fn health(platform: &Validated, settings: &Logging, observed: &Observed) -> Option<Health> {
    settings.kibana.as_ref()?;
    Some(deployment::health(platform, KIBANA, None, observed))
}

fn deployment(platform: &Validated, settings: &Logging, image: &str, observed: &Observed) -> Deployment {
    let credentials = &observed.credentials;
    deployment::of_part(
        platform,
        KIBANA,
        Component::Logging,
        Some(hash(&json!([credentials.kibana, credentials.kibana_key]))),
        PodSpec {
            containers: vec![container(platform, settings, image)],
            volumes: Some(vec![pod::tmp(), pod::scratch("data"), pod::scratch("logs")]),
            security_context: Some(elasticsearch::security()),
            ..Default::default()
        },
    )
}

fn container(platform: &Validated, settings: &Logging, image: &str) -> Container {
    let secret = platform.child(ELASTICSEARCH);
    let key = |variable| pod::env_from_secret(variable, &secret, KIBANA_KEY);
    pod::container(
        platform,
        KIBANA,
        image,
        Container {
            ports: Some(vec![pod::port(KIBANA, KIBANA_PORT)]),
            // There is no anonymous access, as `xpack.security.authc` configures no anonymous user.
            env: Some(vec![
                pod::env(
                    "ELASTICSEARCH_HOSTS",
                    elasticsearch_server(platform, settings).url(ELASTICSEARCH_PORT),
                ),
                pod::env("ELASTICSEARCH_USERNAME", "kibana_system"),
                pod::env_from_secret("ELASTICSEARCH_PASSWORD", &secret, KIBANA_PASSWORD),
                // Without fixed keys, sessions would end when the pod is replaced.
                key("XPACK_SECURITY_ENCRYPTIONKEY"),
                key("XPACK_ENCRYPTEDSAVEDOBJECTS_ENCRYPTIONKEY"),
                key("XPACK_REPORTING_ENCRYPTIONKEY"),
                pod::env("TELEMETRY_OPTIN", "false"),
            ]),
            resources: Some(pod::fixed_resources("50m", "512Mi", "1536Mi")),
            // The sign-in page is served once Kibana has reached Elasticsearch.
            startup_probe: Some(probe::http_probe(KIBANA, "/login", 5, 60)),
            readiness_probe: Some(probe::http_probe(KIBANA, "/login", 10, 3)),
            // While Elasticsearch is away, the page is an error; whoever can say so is alive.
            liveness_probe: Some(probe::liveness(
                probe::GRACE_SECONDS,
                probe::answer_probe(KIBANA_PORT, probe::HTTP_REQUEST),
            )),
            volume_mounts: Some(vec![
                pod::mount("data", &format!("{HOME}/data")),
                pod::mount("logs", &format!("{HOME}/logs")),
            ]),
            ..Default::default()
        },
    )
}

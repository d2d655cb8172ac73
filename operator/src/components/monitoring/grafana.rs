//! The managed Grafana, with dashboards for the managed Prometheus.

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{
        ConfigMap, ConfigMapProjection, ConfigMapVolumeSource, Container, EnvVar, PodSpec,
        ProjectedVolumeSource, Service, Volume, VolumeMount, VolumeProjection,
    },
};
use serde_json::json;

use crate::{
    components::monitoring::{dashboards, prometheus, scraping::INTERVAL},
    kubernetes::{
        config_map::config_map,
        deployment,
        names::{Component, GRAFANA, PROMETHEUS},
        network_policy, pod, probe, secret, service, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Validated, canonical::hash},
};

const PORT: u16 = 3000;
/// The user of the image.
const USER: i64 = 472;
const DASHBOARDS: &str = "/etc/dashboards";
const DATASOURCES_FILE: &str = "datasources.yaml";
const PROVIDERS_FILE: &str = "providers.yaml";

/// Every object of the managed Grafana.
pub(super) fn objects(
    platform: &Validated,
    image: &str,
    with_dashboards: bool,
    observed: &Observed,
) -> Vec<Planned> {
    let config = config(platform);
    let password = &observed.credentials.grafana;
    let inputs = hash(&json!([config.data, password]));
    vec![
        Planned::new(
            Wave::Configuration,
            &secret::secret(
                platform,
                GRAFANA,
                Component::Monitoring,
                [(secret::PASSWORD, password.as_str())],
            ),
        )
        .generated(),
        service_accounts::account(platform, GRAFANA, Component::Monitoring),
        Planned::new(Wave::Configuration, &config),
        // People connect with kubectl port-forward, whose connections come from the node.
        network_policy::policy(
            platform,
            GRAFANA,
            Component::Monitoring,
            Vec::new(),
            network_policy::inside(platform),
        ),
        Planned::new(
            Wave::Services,
            &deployment(platform, image, with_dashboards, inputs),
        ),
        Planned::new(Wave::Routing, &service(platform)),
    ]
}

/// The health of Grafana.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Health {
    deployment::health(platform, GRAFANA, None, observed)
}

fn config(platform: &Validated) -> ConfigMap {
    let prometheus = platform.child(PROMETHEUS);
    let port = prometheus::PORT;
    let datasources = format!(
        "\
apiVersion: 1
datasources:
  - name: Prometheus
    uid: prometheus
    type: prometheus
    access: proxy
    url: http://{prometheus}:{port}
    isDefault: true
    jsonData: {{ timeInterval: {INTERVAL} }}
"
    );
    let providers = format!(
        "\
apiVersion: 1
providers:
  - name: food-delivery
    folder: Food delivery
    type: file
    allowUiUpdates: false
    options: {{ path: {DASHBOARDS} }}
"
    );
    config_map(
        platform,
        GRAFANA,
        Component::Monitoring,
        [(DATASOURCES_FILE, datasources), (PROVIDERS_FILE, providers)],
    )
}

fn deployment(platform: &Validated, image: &str, with_dashboards: bool, inputs: String) -> Deployment {
    let mut volumes = vec![
        pod::tmp(),
        pod::scratch("data"),
        file_of_config(platform, "datasources", DATASOURCES_FILE),
    ];
    let mut mounts = vec![
        pod::mount("data", "/var/lib/grafana"),
        pod::read_only_mount("datasources", "/etc/grafana/provisioning/datasources"),
    ];
    if with_dashboards {
        volumes.push(file_of_config(platform, "providers", PROVIDERS_FILE));
        volumes.push(dashboards_volume(platform));
        mounts.push(pod::read_only_mount(
            "providers",
            "/etc/grafana/provisioning/dashboards",
        ));
        mounts.push(pod::read_only_mount("dashboards", DASHBOARDS));
    }
    deployment::of_part(
        platform,
        GRAFANA,
        Component::Monitoring,
        Some(inputs),
        PodSpec {
            containers: vec![container(platform, image, mounts)],
            volumes: Some(volumes),
            security_context: Some(pod::pod_security(USER)),
            ..Default::default()
        },
    )
}

fn container(platform: &Validated, image: &str, mounts: Vec<VolumeMount>) -> Container {
    pod::container(
        platform,
        GRAFANA,
        image,
        Container {
            ports: Some(vec![pod::port(GRAFANA, PORT)]),
            env: Some(environment(platform)),
            resources: Some(pod::fixed_resources("20m", "128Mi", "512Mi")),
            readiness_probe: Some(probe::http_probe(GRAFANA, "/api/health", 5, 3)),
            liveness_probe: Some(probe::liveness(
                probe::GRACE_SECONDS,
                probe::http_probe(GRAFANA, "/api/health", 10, 12),
            )),
            volume_mounts: Some(mounts),
            ..Default::default()
        },
    )
}

fn environment(platform: &Validated) -> Vec<EnvVar> {
    let mut variables = vec![pod::env_from_secret(
        "GF_SECURITY_ADMIN_PASSWORD",
        &platform.child(GRAFANA),
        secret::PASSWORD,
    )];
    // No anonymous access, and no requests to the internet, which network policies deny.
    let settings = [
        ("GF_AUTH_ANONYMOUS_ENABLED", "false"),
        ("GF_USERS_ALLOW_SIGN_UP", "false"),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false"),
        ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false"),
        ("GF_PLUGINS_PREINSTALL_DISABLED", "true"),
    ];
    variables.extend(settings.map(|(name, value)| pod::env(name, value)));
    variables
}

fn file_of_config(platform: &Validated, volume: &str, file: &str) -> Volume {
    Volume {
        name: volume.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: platform.child(GRAFANA),
            items: Some(vec![pod::item(file)]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn dashboards_volume(platform: &Validated) -> Volume {
    let sources = dashboards::names(platform)
        .map(|name| VolumeProjection {
            config_map: Some(ConfigMapProjection {
                name: platform.child(&dashboards::part(name)),
                ..Default::default()
            }),
            ..Default::default()
        })
        .collect();
    Volume {
        name: "dashboards".to_owned(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(sources),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn service(platform: &Validated) -> Service {
    service::service(
        platform,
        GRAFANA,
        Component::Monitoring,
        vec![service::port(GRAFANA, PORT, None)],
    )
}

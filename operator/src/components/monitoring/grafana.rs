//! The managed Grafana, which draws what the managed Prometheus has read.

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::{Deployment, DeploymentSpec},
        core::v1::{
            ConfigMap, ConfigMapProjection, ConfigMapVolumeSource, Container, ContainerPort, EnvVar, PodSpec,
            PodTemplateSpec, ProjectedVolumeSource, Secret, Service, ServicePort, ServiceSpec, Volume,
            VolumeMount, VolumeProjection,
        },
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use serde_json::json;

use crate::{
    components::{
        monitoring::{dashboards, labels, metadata, prometheus},
        postgres::secrets,
    },
    kubernetes::{
        health,
        names::{self, Component, GRAFANA, PROMETHEUS},
        pod, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    plan::network,
    spec::{Validated, canonical::hash},
};

const PORT: u16 = 3000;
/// The user of the image.
const USER: i64 = 472;
const DASHBOARDS: &str = "/etc/dashboards";
const DATASOURCES_FILE: &str = "datasources.yaml";
const PROVIDERS_FILE: &str = "providers.yaml";

/// Everything that makes up the managed Grafana.
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
        secret(platform, password),
        service_accounts::account(platform, GRAFANA, Component::Monitoring),
        Planned::new(Wave::Configuration, &config),
        // People reach it with kubectl port-forward, which comes from the node.
        network::policy(
            platform,
            GRAFANA,
            Component::Monitoring,
            Vec::new(),
            network::inside(platform),
        ),
        Planned::new(
            Wave::Services,
            &deployment(platform, image, with_dashboards, inputs),
        ),
        Planned::new(Wave::Routing, &service(platform)),
    ]
}

/// How Grafana is doing.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Health {
    let name = platform.child(GRAFANA);
    let deployment = observed.children.typed::<Deployment>(&name);
    let pods = health::pods_of(&observed.pods, GRAFANA);
    health::deployment(&name, deployment.as_ref(), None, &pods)
}

fn secret(platform: &Validated, password: &str) -> Planned {
    let secret = Secret {
        metadata: metadata(platform, GRAFANA),
        type_: Some("Opaque".to_owned()),
        data: Some(
            [(
                secrets::PASSWORD.to_owned(),
                ByteString(password.as_bytes().to_vec()),
            )]
            .into(),
        ),
        ..Default::default()
    };
    Planned::new(Wave::Configuration, &secret).generated()
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
    jsonData: {{ timeInterval: {} }}
",
        crate::components::monitoring::INTERVAL
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
    ConfigMap {
        metadata: metadata(platform, GRAFANA),
        data: Some(BTreeMap::from([
            (DATASOURCES_FILE.to_owned(), datasources),
            (PROVIDERS_FILE.to_owned(), providers),
        ])),
        ..Default::default()
    }
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
    Deployment {
        metadata: metadata(platform, GRAFANA),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            revision_history_limit: Some(3),
            selector: LabelSelector {
                match_labels: Some(names::selector(&platform.name, GRAFANA)),
                ..Default::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels(platform, GRAFANA)),
                    annotations: Some([(names::CONFIG_HASH.to_owned(), inputs)].into()),
                    ..Default::default()
                }),
                spec: Some(PodSpec {
                    containers: vec![container(platform, image, mounts)],
                    volumes: Some(volumes),
                    security_context: Some(pod::pod_security(USER)),
                    service_account_name: Some(platform.child(GRAFANA)),
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

fn container(platform: &Validated, image: &str, mounts: Vec<VolumeMount>) -> Container {
    pod::restrict(Container {
        name: GRAFANA.to_owned(),
        image: Some(image.to_owned()),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        ports: Some(vec![ContainerPort {
            name: Some(GRAFANA.to_owned()),
            container_port: i32::from(PORT),
            protocol: Some("TCP".to_owned()),
            ..Default::default()
        }]),
        env: Some(environment(platform)),
        resources: Some(pod::resources(
            &pod::amounts(Some("20m"), "128Mi"),
            &pod::amounts(None, "512Mi"),
        )),
        readiness_probe: Some(pod::http_probe(GRAFANA, "/api/health", 5, 3)),
        liveness_probe: Some(pod::http_probe(GRAFANA, "/api/health", 10, 12)),
        volume_mounts: Some(mounts),
        ..Default::default()
    })
}

fn environment(platform: &Validated) -> Vec<EnvVar> {
    let mut variables = vec![pod::env_from_secret(
        "GF_SECURITY_ADMIN_PASSWORD",
        &platform.child(GRAFANA),
        secrets::PASSWORD,
    )];
    // Nobody gets in without a name, and nothing is asked or told outside, where network policies do not let it.
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
    Service {
        metadata: metadata(platform, GRAFANA),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(names::selector(&platform.name, GRAFANA)),
            ports: Some(vec![ServicePort {
                name: Some(GRAFANA.to_owned()),
                port: i32::from(PORT),
                target_port: Some(IntOrString::String(GRAFANA.to_owned())),
                protocol: Some("TCP".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

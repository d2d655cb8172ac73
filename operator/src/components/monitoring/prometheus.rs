//! The managed Prometheus: one server with a volume, which scrapes the pods of this platform only.

use std::fmt::Write as _;

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Container, PodSpec},
    networking::v1::NetworkPolicyIngressRule,
    rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject},
};
use serde_json::json;

use crate::{
    components::monitoring::{
        alerts,
        filled::filled,
        scraping::{INTERVAL, TARGET_LABELS},
    },
    kubernetes::{
        config_map::config_map,
        metadata::metadata,
        names::{Component, GRAFANA, PROMETHEUS},
        network_policy, pod, probe, service_accounts, stateful_set,
    },
    model::{
        cluster_network::ClusterNetwork,
        health::Health,
        metrics_endpoint::MetricsEndpoint,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{DataStore, Validated, canonical::hash, quantity},
};

pub(super) const PORT: u16 = 9090;
/// The user of the image.
const USER: i64 = 65534;
/// The usual ports of the API server, allowed beside those that it has in this cluster; its address depends on the
/// cluster too.
const API_SERVER: [u16; 2] = [443, 6443];
const TEMPLATE: &str = include_str!("prometheus.yml");

/// Every object of the managed Prometheus.
pub(super) fn objects(
    platform: &Validated,
    data_store: &DataStore,
    retention_days: i32,
    alerts: bool,
    sidecars: Option<MetricsEndpoint>,
    network: &ClusterNetwork,
) -> Vec<Planned> {
    let (part, component) = (PROMETHEUS, Component::Monitoring);
    let rules = if alerts {
        alerts::file(platform)
    } else {
        "groups: []\n".to_owned()
    };
    let config = config_map(
        platform,
        part,
        component,
        [
            ("prometheus.yml", configuration(platform, sidecars)),
            ("rules.yml", rules),
        ],
    );
    let set = stateful_set(platform, data_store, retention_days, &config);
    let [service, headless, set] =
        stateful_set::objects(platform, part, component, PORT, Wave::Services, &set);
    vec![
        service_accounts::account(platform, part, component),
        Planned::new(Wave::Configuration, &role(platform)),
        Planned::new(Wave::Configuration, &binding(platform)),
        Planned::new(Wave::Configuration, &config),
        policy(platform, network),
        service,
        headless,
        set,
    ]
}

/// The health of Prometheus.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Health {
    stateful_set::health(platform, PROMETHEUS, observed)
}

fn configuration(platform: &Validated, sidecars: Option<MetricsEndpoint>) -> String {
    let mut relabelings = TARGET_LABELS
        .iter()
        .fold(String::new(), |mut text, (label, source)| {
            let _ = writeln!(
                text,
                "      - source_labels: [{source}]\n        target_label: {label}"
            );
            text
        });
    if let Some(MetricsEndpoint { port, path }) = sidecars {
        let _ = write!(
            relabelings,
            "      \
      # The sidecar tells its pod's metrics to who has no certificate, as Prometheus has none.
      - source_labels: [__meta_kubernetes_pod_container_port_name, __address__]
        regex: http;(.+):[0-9]+
        replacement: ${{1}}:{port}
        target_label: __address__
      - source_labels: [__meta_kubernetes_pod_container_port_name]
        regex: http
        replacement: {path}
        target_label: __metrics_path__
"
        );
    }
    let text = TEMPLATE
        .replace("$interval", INTERVAL)
        .replace("$labels", &relabelings);
    filled(&text, platform)
}

/// The permission to list the namespace's pods, which is needed to discover the platform's.
fn role(platform: &Validated) -> Role {
    Role {
        metadata: metadata(platform, PROMETHEUS, Component::Monitoring),
        rules: Some(vec![PolicyRule {
            api_groups: Some(vec![String::new()]),
            resources: Some(vec!["pods".to_owned()]),
            verbs: ["get", "list", "watch"].map(str::to_owned).into(),
            ..Default::default()
        }]),
    }
}

fn binding(platform: &Validated) -> RoleBinding {
    let name = platform.child(PROMETHEUS);
    RoleBinding {
        metadata: metadata(platform, PROMETHEUS, Component::Monitoring),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "Role".to_owned(),
            name: name.clone(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name,
            namespace: Some(platform.namespace.clone()),
            ..Default::default()
        }]),
    }
}

fn policy(platform: &Validated, network: &ClusterNetwork) -> Planned {
    let mut egress = network_policy::inside(platform);
    let mut ports = network.api_server_ports.clone();
    ports.extend(API_SERVER);
    let ports: Vec<u16> = ports.into_iter().collect();
    egress.push(network_policy::anywhere(&ports));
    network_policy::policy(
        platform,
        PROMETHEUS,
        Component::Monitoring,
        vec![NetworkPolicyIngressRule {
            from: Some(vec![network_policy::part(platform, GRAFANA)]),
            ports: Some(vec![network_policy::port(PORT, "TCP")]),
        }],
        egress,
    )
}

fn stateful_set(
    platform: &Validated,
    data_store: &DataStore,
    retention_days: i32,
    config: &ConfigMap,
) -> StatefulSet {
    stateful_set::stateful_set(
        platform,
        PROMETHEUS,
        Component::Monitoring,
        data_store,
        hash(&json!(config.data)),
        PodSpec {
            containers: vec![container(platform, data_store, retention_days)],
            volumes: Some(vec![
                pod::tmp(),
                pod::config_volume("config", platform.child(PROMETHEUS)),
            ]),
            security_context: Some(pod::pod_security(USER)),
            service_account_name: Some(platform.child(PROMETHEUS)),
            // Prometheus is the only part of a platform that uses the API server: it discovers pods.
            automount_service_account_token: Some(true),
            ..Default::default()
        },
    )
}

fn container(platform: &Validated, data_store: &DataStore, retention_days: i32) -> Container {
    let arguments = [
        "--config.file=/etc/prometheus/prometheus.yml".to_owned(),
        "--storage.tsdb.path=/prometheus".to_owned(),
        format!("--storage.tsdb.retention.time={retention_days}d"),
    ];
    // A full volume stops Prometheus, so the size of the data is limited too.
    let size = most_of(&data_store.size).map(|size| format!("--storage.tsdb.retention.size={size}"));
    pod::container(
        platform,
        PROMETHEUS,
        &data_store.image,
        Container {
            args: Some(arguments.into_iter().chain(size).collect()),
            ports: Some(vec![pod::port(PROMETHEUS, PORT)]),
            resources: Some(pod::fixed_resources("50m", "256Mi", "1Gi")),
            // Prometheus may have to replay a long write-ahead log at the start.
            startup_probe: Some(probe::http_probe(PROMETHEUS, "/-/ready", 5, 120)),
            readiness_probe: Some(probe::http_probe(PROMETHEUS, "/-/ready", 5, 3)),
            liveness_probe: Some(probe::liveness(
                probe::STORE_GRACE_SECONDS,
                probe::http_probe(PROMETHEUS, "/-/healthy", 10, 6),
            )),
            volume_mounts: Some(vec![
                pod::read_only_mount("config", "/etc/prometheus"),
                pod::mount(stateful_set::VOLUME, "/prometheus"),
            ]),
            ..Default::default()
        },
    )
}

/// Four fifths of a volume, in Prometheus' notation; the rest is for data that is not compacted yet.
fn most_of(size: &str) -> Option<String> {
    let bytes = quantity::milli(size)? / 1000;
    Some(format!("{}MB", bytes * 4 / 5 / (1 << 20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_leaves_a_fifth_of_its_volume_free() {
        assert_eq!(most_of("10Gi").as_deref(), Some("8192MB"));
        assert_eq!(most_of("500Mi").as_deref(), Some("400MB"));
        assert_eq!(most_of("much"), None);
    }
}

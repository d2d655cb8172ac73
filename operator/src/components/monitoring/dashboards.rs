//! The Grafana dashboards from `manifests/dashboards/`, adapted to each platform.

use serde_json::{Value, json};

use crate::{
    kubernetes::{config_map::config_map, names::Component},
    model::object::{Planned, Wave},
    spec::{
        Monitoring, Validated,
        canonical::{hash, sorted},
    },
};

/// The label by which a Grafana beside prometheus-operator finds dashboards.
const LABEL: &str = "grafana_dashboard";

const SERVICES: (&str, &str) = (
    "services",
    include_str!("../../../../manifests/dashboards/services.json"),
);
const ORDERS: (&str, &str) = (
    "orders",
    include_str!("../../../../manifests/dashboards/orders.json"),
);
const MESSAGING: (&str, &str) = (
    "messaging",
    include_str!("../../../../manifests/dashboards/messaging.json"),
);
const CLUSTER: (&str, &str) = (
    "cluster",
    include_str!("../../../../manifests/dashboards/cluster.json"),
);

/// The names of the platform's dashboards.
///
/// The dashboard of the cluster needs metrics of kube-state-metrics and the kubelets, which the managed Prometheus may
/// not read.
pub(super) fn names(platform: &Validated) -> impl Iterator<Item = &'static str> {
    of(platform).map(|(name, _)| name)
}

/// One `ConfigMap` for each dashboard, because an object can hold at most one MiB.
pub(super) fn config_maps(platform: &Validated) -> Vec<Planned> {
    of(platform)
        .map(|(name, json)| {
            // Grafana stores the files of all platforms in one folder.
            let file = format!("{}-{}-{name}.json", platform.namespace, platform.name);
            let files = [(file.as_str(), dashboard(platform, json))];
            let mut config_map = config_map(platform, &part(name), Component::Monitoring, files);
            let labels = config_map.metadata.labels.get_or_insert_default();
            labels.insert(LABEL.to_owned(), "1".to_owned());
            Planned::new(Wave::Configuration, &config_map)
        })
        .collect()
}

/// The part name of a dashboard.
pub(super) fn part(name: &str) -> String {
    format!("dashboard-{name}")
}

fn of(platform: &Validated) -> impl Iterator<Item = (&'static str, &'static str)> {
    let managed = platform.monitoring.as_ref().is_some_and(Monitoring::is_managed);
    let cluster = (!managed).then_some(CLUSTER);
    [SERVICES, ORDERS, MESSAGING].into_iter().chain(cluster)
}

/// The dashboard with an identifier of its own for each platform, and with the platform preselected. If platforms
/// shared an identifier, Grafana would show only the first one's dashboard, and none after that one was deleted.
fn dashboard(platform: &Validated, file: &str) -> String {
    let mut dashboard = parsed(file);
    let own = hash(&json!([platform.namespace, platform.name]));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    dashboard["uid"] = json!(format!("{}-{}", text(&dashboard["uid"]), &own[..8]));
    dashboard["title"] = json!(format!("{}: {}", text(&dashboard["title"]), platform.name));
    let variables = dashboard.pointer_mut("/templating/list");
    for variable in variables.and_then(Value::as_array_mut).into_iter().flatten() {
        let chosen = match variable["name"].as_str() {
            Some("namespace") => &platform.namespace,
            Some("platform") => &platform.name,
            _ => continue,
        };
        variable["current"] = json!({ "text": chosen, "value": chosen });
    }
    sorted(&dashboard).to_string()
}

#[expect(
    clippy::expect_used,
    reason = "the files are part of the program, and a test reads them"
)]
fn parsed(file: &str) -> Value {
    serde_json::from_str(file).expect("a dashboard is JSON")
}

//! Who reads the metrics, draws them and raises alarms.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Storage, rules};

/// Who reads the metrics: Prometheus, with dashboards and alerts.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.provider) && self.provider != 'None') || !(has(self.dashboards) || has(self.alerts) || has(self.labels) || has(self.prometheus) || has(self.grafana))")
        .message("the settings of monitoring need monitoring.provider: PrometheusOperator or Managed"),
    validation = Rule::new("(has(self.provider) && self.provider == 'Managed') || !(has(self.prometheus) || has(self.grafana))")
        .message("monitoring.prometheus and grafana need monitoring.provider: Managed"),
    validation = Rule::new("!has(self.labels) || (has(self.provider) && self.provider == 'PrometheusOperator')")
        .message("monitoring.labels need monitoring.provider: PrometheusOperator, whose Prometheus selects by them")
)]
pub struct Monitoring {
    /// None (default): nobody, but the metrics are there. `PrometheusOperator`: `ServiceMonitor`s, `PodMonitor`s and
    /// `PrometheusRule`s for the one in the cluster. Managed: the operator runs one Prometheus and one Grafana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<MonitoringProvider>,

    /// Whether Grafana dashboards are made, as `ConfigMaps` with the label `grafana_dashboard` (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboards: Option<bool>,

    /// Whether alerts are made (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<bool>,

    /// Labels on the monitors and rules by which your Prometheus selects them, such as `release: prometheus`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(length(max = 10), extend("additionalProperties" = rules::label_value()))]
    pub labels: std::collections::BTreeMap<String, String>,

    /// The managed Prometheus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<Prometheus>,

    /// The managed Grafana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grafana: Option<Grafana>,
}

/// Who runs Prometheus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MonitoringProvider {
    #[default]
    None,
    PrometheusOperator,
    Managed,
}

/// The managed Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prometheus {
    /// Its image (default: `quay.io/prometheus/prometheus:v3.6.0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,

    /// For how many days metrics are kept (default: 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3650))]
    pub retention_days: Option<i32>,

    /// Its volume. Fixed while the operator runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// The managed Grafana.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grafana {
    /// Whether it runs (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Its image (default: `docker.io/grafana/grafana:12.2.0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,
}

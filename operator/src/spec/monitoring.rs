//! Who runs Prometheus, with every default filled in.

use std::collections::BTreeMap;

use fdp_crds::{Monitoring as MonitoringSpec, MonitoringProvider};

use crate::spec::data_stores::{DataStore, volume};

const PROMETHEUS_IMAGE: &str = "quay.io/prometheus/prometheus:v3.6.0";
const GRAFANA_IMAGE: &str = "docker.io/grafana/grafana:12.2.0";
const RETENTION_DAYS: i32 = 15;
const SIZE: &str = "10Gi";

/// Who runs Prometheus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MonitoringRunner {
    /// prometheus-operator, which selects monitors and rules by these labels.
    PrometheusOperator { labels: BTreeMap<String, String> },
    /// This operator; Grafana runs only if it has an image.
    Operator {
        prometheus: DataStore,
        retention_days: i32,
        grafana_image: Option<String>,
    },
}

/// Who runs Prometheus, and whether there are dashboards and alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitoring {
    pub runner: MonitoringRunner,
    pub dashboards: bool,
    pub alerts: bool,
}

impl Monitoring {
    /// Whether the platform has a Prometheus of its own.
    pub fn is_managed(&self) -> bool {
        matches!(self.runner, MonitoringRunner::Operator { .. })
    }
}

pub(super) fn monitoring(spec: MonitoringSpec) -> Option<Monitoring> {
    let runner = match spec.provider.unwrap_or_default() {
        MonitoringProvider::None => return None,
        MonitoringProvider::PrometheusOperator => {
            MonitoringRunner::PrometheusOperator { labels: spec.labels }
        }
        MonitoringProvider::Managed => {
            let prometheus = spec.prometheus.unwrap_or_default();
            let grafana = spec.grafana.unwrap_or_default();
            let (size, storage_class) = volume(prometheus.storage, SIZE);
            MonitoringRunner::Operator {
                prometheus: DataStore {
                    image: prometheus.image.unwrap_or_else(|| PROMETHEUS_IMAGE.to_owned()),
                    size,
                    storage_class,
                },
                retention_days: prometheus.retention_days.unwrap_or(RETENTION_DAYS),
                grafana_image: (grafana.enabled != Some(false))
                    .then(|| grafana.image.unwrap_or_else(|| GRAFANA_IMAGE.to_owned())),
            }
        }
    };
    Some(Monitoring {
        runner,
        dashboards: spec.dashboards.unwrap_or(true),
        alerts: spec.alerts.unwrap_or(true),
    })
}

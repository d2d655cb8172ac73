//! Who reads the metrics: monitors, alerts and dashboards, or a Prometheus and a Grafana of the platform's own.

mod alerts;
mod dashboards;
mod grafana;
mod monitors;
mod prometheus;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::{
    kubernetes::{
        health,
        names::{self, Component},
    },
    model::{apis::Family, health::Health, object::Planned, observed::Observed},
    spec::{MonitoringRunner, Validated},
};

/// The field that asks for what the cluster may not have.
const FIELD: &str = "monitoring.provider";
/// How often metrics are read.
const INTERVAL: &str = "15s";

/// The labels by which alerts and dashboards tell series apart, and what Kubernetes calls the pod's labels that they
/// come from.
const TARGET_LABELS: [(&str, &str); 3] = [
    (
        "platform",
        "__meta_kubernetes_pod_label_fooddelivery_dev_platform",
    ),
    ("service", "__meta_kubernetes_pod_label_fooddelivery_dev_service"),
    ("track", "__meta_kubernetes_pod_label_fooddelivery_dev_track"),
];

/// Everything that makes up the monitoring, if it is asked for and the cluster has what that needs.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    let Some(settings) = &platform.monitoring else {
        return Vec::new();
    };
    match &settings.runner {
        MonitoringRunner::PrometheusOperator { labels } => {
            let mut objects = Vec::new();
            if observed.apis.have(Family::PrometheusOperator) {
                objects.extend(monitors::objects(platform, labels, settings.alerts, observed));
            }
            if settings.dashboards {
                objects.extend(dashboards::config_maps(platform));
            }
            objects
        }
        MonitoringRunner::Operator {
            prometheus: store,
            retention_days,
            grafana_image,
        } => {
            let mut objects =
                prometheus::objects(platform, store, *retention_days, settings.alerts, observed);
            if let Some(image) = grafana_image {
                objects.extend(grafana::objects(platform, image, settings.dashboards, observed));
                if settings.dashboards {
                    objects.extend(dashboards::config_maps(platform));
                }
            }
            objects
        }
    }
}

/// How the monitoring is doing; `None` if nobody asked for it.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Vec<Health>> {
    let settings = platform.monitoring.as_ref()?;
    Some(match &settings.runner {
        MonitoringRunner::PrometheusOperator { .. } if !observed.apis.have(Family::PrometheusOperator) => {
            vec![health::absent(Family::PrometheusOperator, &observed.apis, FIELD)]
        }
        MonitoringRunner::PrometheusOperator { .. } => monitors::health(platform, settings.alerts, observed),
        MonitoringRunner::Operator { grafana_image, .. } => {
            let mut health = vec![prometheus::health(platform, observed)];
            if grafana_image.is_some() {
                health.push(grafana::health(platform, observed));
            }
            health
        }
    })
}

/// Whether the platform has a Prometheus of its own.
pub fn is_managed(platform: &Validated) -> bool {
    let runner = platform.monitoring.as_ref().map(|settings| &settings.runner);
    matches!(runner, Some(MonitoringRunner::Operator { .. }))
}

/// The text with the platform's names in the place of `$namespace` and `$platform`.
fn filled(text: &str, platform: &Validated) -> String {
    text.replace("$namespace", &platform.namespace)
        .replace("$platform", &platform.name)
}

fn metadata(platform: &Validated, part: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(platform.child(part)),
        labels: Some(labels(platform, part)),
        ..Default::default()
    }
}

fn labels(platform: &Validated, part: &str) -> BTreeMap<String, String> {
    names::labels(&platform.name, part, Component::Monitoring)
}

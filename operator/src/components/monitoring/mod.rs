//! Monitoring: resources for prometheus-operator, or a managed Prometheus and Grafana.

mod alerts;
mod dashboards;
mod drilled;
mod filled;
mod grafana;
mod monitors;
mod prometheus;
mod scraping;

use crate::{
    kubernetes::health,
    model::{
        apis::Family, health::Health, metrics_endpoint::MetricsEndpoint, object::Planned, observed::Observed,
    },
    spec::{MonitoringRunner, Validated},
};

pub use drilled::{Alert, address_of_prometheus, raised_alerts, way_for_drills};

/// The field that requires a third-party operator.
const FIELD: &str = "monitoring.provider";
/// Every object of the monitoring, if it is enabled and the required operator is installed.
///
/// `sidecars` is the endpoint of the metrics if pods have sidecars.
pub fn objects(platform: &Validated, observed: &Observed, sidecars: Option<MetricsEndpoint>) -> Vec<Planned> {
    let Some(settings) = &platform.monitoring else {
        return Vec::new();
    };
    match &settings.runner {
        MonitoringRunner::PrometheusOperator { labels } => {
            let mut objects = Vec::new();
            if observed.apis.have(Family::PrometheusOperator) {
                objects.extend(monitors::objects(platform, labels, settings.alerts, sidecars));
            }
            if settings.dashboards {
                objects.extend(dashboards::config_maps(platform));
            }
            objects
        }
        MonitoringRunner::Operator {
            prometheus: data_store,
            retention_days,
            grafana_image,
        } => {
            let mut objects = prometheus::objects(
                platform,
                data_store,
                *retention_days,
                settings.alerts,
                sidecars,
                &observed.network,
            );
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

/// The health of the monitoring; `None` if it is not enabled.
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

//! Parts whose objects are kept although the plan does not contain them.

use crate::{
    kubernetes::names,
    model::{apis::Family, observed::Observed},
    spec::{Kafka, Logging, LoggingRunner, Monitoring, MonitoringRunner, Postgres, Validated},
};

/// Parts that will be replaced by a third-party operator that is not installed yet: they hold data, so they are kept
/// until it is.
pub(super) fn retained(platform: &Validated, observed: &Observed) -> Vec<&'static str> {
    let eck = |logging: &Logging| logging.runner == LoggingRunner::Eck;
    let prometheus_operator =
        |monitoring: &Monitoring| matches!(monitoring.runner, MonitoringRunner::PrometheusOperator { .. });
    let replaced: [(Family, bool, &[&'static str]); 4] = [
        (
            Family::Strimzi,
            matches!(platform.kafka, Kafka::Strimzi { .. }),
            &[names::KAFKA],
        ),
        (
            Family::CloudNativePg,
            matches!(platform.postgres, Postgres::CloudNativePg { .. }),
            &[names::POSTGRES],
        ),
        (
            Family::Eck,
            platform.logging.as_ref().is_some_and(eck),
            &[names::ELASTICSEARCH, names::KIBANA],
        ),
        (
            Family::PrometheusOperator,
            platform.monitoring.as_ref().is_some_and(prometheus_operator),
            &[names::PROMETHEUS, names::GRAFANA],
        ),
    ];
    replaced
        .into_iter()
        .filter(|(family, asked, _)| *asked && !observed.apis.have(*family))
        .flat_map(|(.., parts)| parts.iter().copied())
        .collect()
}

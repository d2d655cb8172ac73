//! Which Secret holds which password.

use std::collections::BTreeMap;

use fdp_catalogue::Service;
use k8s_openapi::api::core::v1::Secret;

use crate::{
    components::logging,
    kubernetes::{
        names::{DATABASES, ELASTICSEARCH, GRAFANA, MONGODB, POSTGRES},
        secret::PASSWORD,
    },
    model::observed::Credentials,
    spec::{LoggingRunner, Mongodb, MonitoringRunner, Validated},
};

/// The parts whose Secrets hold generated passwords.
pub const PARTS: [&str; 5] = [POSTGRES, DATABASES, MONGODB, ELASTICSEARCH, GRAFANA];

/// The parts of a platform that have such a Secret.
pub fn parts(platform: &Validated) -> Vec<&'static str> {
    let grafana = platform.monitoring.as_ref().is_some_and(|monitoring| {
        matches!(
            monitoring.runner,
            MonitoringRunner::Operator {
                grafana_image: Some(_),
                ..
            }
        )
    });
    let elasticsearch = platform
        .logging
        .as_ref()
        .is_some_and(|logging| matches!(logging.runner, LoggingRunner::Operator | LoggingRunner::Eck));
    PARTS
        .into_iter()
        .filter(|part| match *part {
            MONGODB => matches!(platform.mongodb, Mongodb::Managed(_)),
            ELASTICSEARCH => elasticsearch,
            GRAFANA => grafana,
            _ => true,
        })
        .collect()
}

/// The passwords of a platform; `password` returns the value of a key in a part's Secret.
pub fn credentials(mut password: impl FnMut(&'static str, &str) -> String) -> Credentials {
    Credentials {
        postgres: password(POSTGRES, PASSWORD),
        mongodb: password(MONGODB, PASSWORD),
        databases: Service::with_database()
            .map(|service| (service.name().to_owned(), password(DATABASES, service.name())))
            .collect(),
        elasticsearch: password(ELASTICSEARCH, PASSWORD),
        kibana: password(ELASTICSEARCH, logging::KIBANA_PASSWORD),
        kibana_key: password(ELASTICSEARCH, logging::KIBANA_KEY),
        fluentd: password(ELASTICSEARCH, logging::FLUENTD_PASSWORD),
        grafana: password(GRAFANA, PASSWORD),
    }
}

/// The values of a Secret, except empty ones: the operator replaces them with new ones.
pub fn values(secret: Option<Secret>) -> BTreeMap<String, String> {
    secret
        .and_then(|secret| secret.data)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(key, value)| Some((key, String::from_utf8(value.0).ok()?)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

//! The logging stack, with every default filled in.

use fdp_crds::{LogProgram, Logging as LoggingSpec, LoggingProvider};

use crate::{
    settings::{PrivilegedImages, Settings},
    spec::data_stores::volume,
};

/// The default version of Elasticsearch and Kibana.
const VERSION: &str = "8.19.4";
const RETENTION_DAYS: i32 = 7;
const SIZE: &str = "10Gi";

/// Who runs Elasticsearch and Kibana.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggingRunner {
    Operator,
    Eck,
}

/// The settings of the logging stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    pub runner: LoggingRunner,
    pub retention_days: i32,
    pub version: String,
    /// Image of Elasticsearch; `None` if ECK chooses it.
    pub elasticsearch_image: Option<String>,
    pub nodes: i32,
    pub size: String,
    pub storage_class: Option<String>,
    /// Image of Fluentd; `None` if it does not run.
    pub fluentd_image: Option<String>,
    /// The image that the platform names for Fluentd and that only the operator's settings may name: Fluentd runs as root
    /// with the nodes' files.
    pub refused_fluentd_image: Option<String>,
    /// Image of Kibana: the outer `None` if it does not run, the inner `None` if ECK chooses it.
    pub kibana: Option<Option<String>>,
}

pub(super) fn logging(spec: LoggingSpec, settings: &Settings) -> Option<Logging> {
    let runner = match spec.provider.unwrap_or_default() {
        LoggingProvider::None => return None,
        LoggingProvider::Managed => LoggingRunner::Operator,
        LoggingProvider::Eck => LoggingRunner::Eck,
    };
    let elasticsearch = spec.elasticsearch.unwrap_or_default();
    let version = elasticsearch.version.unwrap_or_else(|| VERSION.to_owned());
    let (size, storage_class) = volume(elasticsearch.storage, SIZE);
    let official = |program: &str| {
        (runner == LoggingRunner::Operator)
            .then(|| format!("docker.elastic.co/{program}/{program}:{version}"))
    };
    let enabled = |program: &LogProgram| program.enabled != Some(false);
    let kibana = spec.kibana.unwrap_or_default();
    let fluentd = spec.fluentd.unwrap_or_default();
    let runs = enabled(&fluentd);
    let own = fluentd
        .image
        .filter(|image| runs && *image != settings.fluentd_image);
    let (allowed, refused) = match settings.privileged_images {
        PrivilegedImages::Any => (own, None),
        PrivilegedImages::Operator => (None, own),
    };
    Some(Logging {
        runner,
        retention_days: spec.retention_days.unwrap_or(RETENTION_DAYS),
        elasticsearch_image: elasticsearch.image.or_else(|| official("elasticsearch")),
        // A single server needs no certificates of other servers. Several servers do, and only ECK manages those.
        nodes: match runner {
            LoggingRunner::Operator => 1,
            LoggingRunner::Eck => elasticsearch.nodes.unwrap_or(1),
        },
        size,
        storage_class,
        fluentd_image: runs.then(|| allowed.unwrap_or_else(|| settings.fluentd_image.clone())),
        refused_fluentd_image: refused,
        kibana: enabled(&kibana).then(|| kibana.image.or_else(|| official("kibana"))),
        version,
    })
}

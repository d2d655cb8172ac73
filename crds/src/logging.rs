//! Where the logs of all pods go.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Storage, rules};

/// Where the logs of all pods go: Fluentd on every node reads them, Elasticsearch keeps them, Kibana shows them.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.provider) && self.provider != 'None') || !(has(self.retentionDays) || has(self.elasticsearch) || has(self.fluentd) || has(self.kibana))")
        .message("the settings of logging need logging.provider: Managed or ECK")
)]
pub struct Logging {
    /// None (default): logs stay on the nodes. Managed: the operator runs one Elasticsearch and one Kibana. ECK: the
    /// Elastic operator runs them, and has to be in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<LoggingProvider>,

    /// For how many days logs are kept (default: 7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3650))]
    pub retention_days: Option<i32>,

    /// The store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elasticsearch: Option<Elasticsearch>,

    /// The collector, on every node. It runs as root with the nodes' log files, so that its image comes from the
    /// operator's settings; `image` counts only if it is the same, or if the operator lets platforms choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fluentd: Option<LogProgram>,

    /// The page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kibana: Option<LogProgram>,
}

/// Who runs Elasticsearch and Kibana.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LoggingProvider {
    #[default]
    None,
    Managed,
    #[serde(rename = "ECK")]
    Eck,
}

/// The store of the logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Elasticsearch {
    /// Version of Elasticsearch and Kibana (default: 8.19.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+$"))]
    pub version: Option<String>,

    /// Image, if it is not the official one of that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,

    /// Servers, with provider ECK (default: 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 9))]
    pub nodes: Option<i32>,

    /// Each server's volume. Fixed while the operator runs the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// A program of the logging stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogProgram {
    /// Whether it runs (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Its image, if it is not the official one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,
}

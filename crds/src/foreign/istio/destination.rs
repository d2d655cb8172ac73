//! How those who are asked are treated: <https://istio.io/latest/docs/reference/config/networking/destination-rule/>.

use std::collections::BTreeMap;

use kube::CustomResource;
use serde::{Deserialize, Serialize};

/// What is set of a `DestinationRule`.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "networking.istio.io",
    version = "v1",
    kind = "DestinationRule",
    plural = "destinationrules",
    namespaced,
    schema = "disabled"
)]
#[serde(rename_all = "camelCase")]
pub struct DestinationRuleSpec {
    /// A Kubernetes Service.
    pub host: String,
    /// The namespaces whose sidecars obey, `.` for this one; none stands for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub export_to: Vec<String>,
    pub traffic_policy: TrafficPolicy,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsets: Vec<Subset>,
}

/// What holds for all pods of a Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficPolicy {
    pub connection_pool: ConnectionPool,
    pub outlier_detection: OutlierDetection,
}

/// How much is asked at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionPool {
    pub tcp: TcpConnections,
    pub http: HttpConnections,
}

/// Connections, whatever they carry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TcpConnections {
    pub max_connections: i32,
    pub connect_timeout: String,
}

/// Requests on connections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpConnections {
    /// That wait for a connection, in HTTP/2 too.
    pub http1_max_pending_requests: i32,
    /// After how long a connection without requests is closed.
    pub idle_timeout: String,
}

/// When a pod that keeps failing is left out for a while.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutlierDetection {
    /// Answers in a row with a status of 500 or more; 0 switches it off.
    #[serde(rename = "consecutive5xxErrors")]
    pub consecutive_5xx_errors: i32,
    /// Tells answers apart from connections that fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_external_local_origin_errors: Option<bool>,
    /// Failed connections and missing answers in a row; counted only if told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive_local_origin_failures: Option<i32>,
    pub interval: String,
    pub base_ejection_time: String,
    pub max_ejection_percent: i32,
    /// With fewer pods left than this, all are asked again.
    pub min_health_percent: i32,
}

/// Some of a Service's pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subset {
    pub name: String,
    pub labels: BTreeMap<String, String>,
}

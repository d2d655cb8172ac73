//! Istio: how requests travel between the services, and from outside to the gateway.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules;

/// How requests travel between the services.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.provider) && self.provider == 'Istio') || !(has(self.mtls) || has(self.retries) || has(self.timeout) || has(self.outlierDetection) || has(self.connectionPool) || has(self.rateLimit) || has(self.ingressGateway))")
        .message("the settings of the mesh need mesh.provider: Istio")
)]
pub struct Mesh {
    /// None (default): pods talk to each other directly. Istio: through its sidecars, with mutual TLS, retries and
    /// time limits; Istio has to be in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<MeshProvider>,

    /// Strict (default): pods take mutual TLS only. Permissive: plain connections as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls: Option<Mtls>,

    /// How often a request that may be repeated is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<Retries>,

    /// How long a request may take with all its tries, such as `3s` (default: 10s).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m)$"))]
    pub timeout: Option<String>,

    /// When a pod that keeps failing is left out for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetection>,

    /// How many connections and requests a pod takes before more are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_pool: Option<ConnectionPool>,

    /// How many requests each gateway pod lets in, whoever asks; the limit per client is `gateway.rateLimit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<LocalRateLimit>,

    /// Labels of Istio's ingress gateway pods (default: `istio: ingressgateway`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress_gateway: Option<IngressGateway>,
}

/// Who carries the requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MeshProvider {
    #[default]
    None,
    Istio,
}

/// Whether connections without mutual TLS are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mtls {
    #[default]
    Strict,
    Permissive,
}

/// How often a request that may be repeated is tried again. Only reads and requests with an idempotency of their own
/// are; a request that another pod has begun to answer is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retries {
    /// Further tries (default: 2; 0 switches them off).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub attempts: Option<i32>,

    /// How long each try may take (default: 3s).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m)$"))]
    pub per_try_timeout: Option<String>,
}

/// When a pod that keeps failing is left out for a while.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutlierDetection {
    /// Failures in a row (default: 5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub consecutive_errors: Option<i32>,

    /// How often pods are judged (default: 10s).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m)$"))]
    pub interval: Option<String>,

    /// For how long a pod is left out the first time (default: 30s).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), regex(pattern = r"^[1-9][0-9]*(ms|s|m)$"))]
    pub base_ejection_time: Option<String>,

    /// At most so many of a service's pods are left out, in percent (default: 50).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub max_ejection_percent: Option<i32>,
}

/// How many connections and requests a pod takes before more are refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionPool {
    /// Connections to a service from each pod that calls it (default: 1024).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_connections: Option<i32>,

    /// Requests that wait for a connection (default: 1024).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_pending_requests: Option<i32>,
}

/// How many requests each gateway pod lets in.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!has(self.burst) || self.burst >= self.requestsPerSecond")
        .message("mesh.rateLimit.burst must not be less than mesh.rateLimit.requestsPerSecond")
)]
pub struct LocalRateLimit {
    /// On average.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests_per_second: i32,

    /// At once (default: twice as many).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_000_000))]
    pub burst: Option<i32>,
}

/// Istio's ingress gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IngressGateway {
    /// Labels of its pods (default: `istio: ingressgateway`).
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(length(max = 10), extend("additionalProperties" = rules::label_value()))]
    pub selector: std::collections::BTreeMap<String, String>,

    /// The namespace that it runs in (default: `istio-system`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), extend("x-kubernetes-validations" = rules::namespace()))]
    pub namespace: Option<String>,
}

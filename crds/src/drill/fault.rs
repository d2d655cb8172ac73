//! What happens to a platform during a drill.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to the platform: one of `pay`, `mesh`, `scaledToZero`, `podsKilled`, `podsReplaced` and `byRunner`, or nothing
/// but the load.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.pay) ? 1 : 0) + (has(self.mesh) ? 1 : 0) + (has(self.scaledToZero) ? 1 : 0) + (has(self.podsKilled) ? 1 : 0) + (has(self.podsReplaced) ? 1 : 0) + (has(self.byRunner) ? 1 : 0) <= 1")
        .message("fault takes at most one of pay, mesh, scaledToZero, podsKilled, podsReplaced and byRunner")
)]
pub struct Fault {
    /// For how many seconds.
    #[schemars(range(min = 5, max = 3600))]
    pub seconds: i32,

    /// Pay is slow, or fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<PayFault>,

    /// The sidecars of a service are slow, or answer in its place; needs `mesh: {provider: Istio}` of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh: Option<MeshFault>,

    /// A service has no replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaled_to_zero: Option<ScaledToZero>,

    /// Pods are deleted without a warning, one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods_killed: Option<PodsKilled>,

    /// Services roll out anew, when the fault begins and once more when it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods_replaced: Option<PodsReplaced>,

    /// What reaches beyond the namespace. `fdp drill run` does it, with the rights of who runs it; the operator never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_runner: Option<ByRunner>,
}

/// A fault that reaches beyond the namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ByRunner {
    /// The operator's pod that leads is killed.
    OperatorKilled,
    /// The node of a pod of order is drained of the platform's pods.
    NodeDrained,
}

/// What pay does wrong.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("has(self.delay) || (has(self.failurePercent) && self.failurePercent > 0)")
        .message("fault.pay needs a delay, or a failurePercent above 0")
)]
pub struct PayFault {
    /// How long each payment takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<PayDelay>,

    /// How many of a hundred payments fail (default: 0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub failure_percent: Option<i32>,
}

/// A time between two, each as likely as the other.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new("self.minMs <= self.maxMs").message("fault.pay.delay.minMs exceeds maxMs"))]
pub struct PayDelay {
    /// The shortest, in milliseconds.
    #[schemars(range(min = 0, max = 60000))]
    pub min_ms: i32,

    /// The longest, in milliseconds.
    #[schemars(range(min = 0, max = 60000))]
    pub max_ms: i32,
}

/// What the sidecars of a service do to requests before the service gets them.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("has(self.delayMs) || has(self.abortStatus)")
        .message("fault.mesh needs delayMs, or abortStatus")
)]
pub struct MeshFault {
    /// The service, such as `order`.
    #[schemars(length(min = 1, max = 63))]
    pub service: String,

    /// How many of a hundred requests (default: 100).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: Option<i32>,

    /// How long they are held up, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 60000))]
    pub delay_ms: Option<i32>,

    /// The HTTP status with which they are answered in place of the service, such as 503.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 400, max = 599))]
    pub abort_status: Option<i32>,
}

/// A service without replicas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScaledToZero {
    /// The service, such as `store`.
    #[schemars(length(min = 1, max = 63))]
    pub service: String,
}

/// Pods that are deleted without a warning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodsKilled {
    /// The service, such as `order`, or the data store that the operator runs: `kafka`, `postgres` or `mongodb`.
    #[schemars(length(min = 1, max = 63))]
    pub part: String,

    /// The time from one to the next, in seconds (default: 20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 600))]
    pub every_seconds: Option<i32>,
}

/// Services that roll out anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodsReplaced {
    /// The services, such as `gateway` and `order`; without any, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 9), inner(length(min = 1, max = 63)), extend("x-kubernetes-list-type" = "set"))]
    pub services: Vec<String>,

    /// The time from one rollout to the next, in seconds; without it, there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 600))]
    pub every_seconds: Option<i32>,
}

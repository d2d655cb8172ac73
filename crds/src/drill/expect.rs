//! What is expected of a platform during a drill.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the platform has to reach. What is unset is measured and not judged.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("has(self.availabilityPercent) || has(self.p99Ms) || has(self.refusedP99Ms) || has(self.ordersPerSecond) || has(self.recoveryMs) || has(self.everyOrderEnds) || has(self.replicas) || has(self.alerts)")
        .message("expect needs at least one of availabilityPercent, p99Ms, refusedP99Ms, ordersPerSecond, recoveryMs, everyOrderEnds, replicas and alerts")
)]
pub struct Expect {
    /// The share of orders that are placed and paid, from the beginning of the fault to the end of the load, such as "99.9".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^(100([.]0{1,3})?|[0-9]{1,2}([.][0-9]{1,3})?)$"))]
    pub availability_percent: Option<String>,

    /// The time in which 99 of 100 accepted orders are answered during the fault, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000))]
    pub p99_ms: Option<i32>,

    /// The time in which 99 of 100 refused orders are answered from the second second of the fault on, in milliseconds: how
    /// soon it is noticed that they cannot be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 60000))]
    pub refused_p99_ms: Option<i32>,

    /// How many orders are placed and paid in a second during the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub orders_per_second: Option<i32>,

    /// The time from the end of the fault until the first of ten accepted orders in a row, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000))]
    pub recovery_ms: Option<i32>,

    /// Whether every accepted order has to be delivered, cancelled or rejected in the end. That none is lost or unpaid is
    /// expected of every drill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_order_ends: Option<bool>,

    /// How many replicas an autoscaler gives a service, and takes away again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<ExpectedReplicas>,

    /// The alerts that have to fire between the beginning of the fault and the end of the load, such as `ServiceDown`; one
    /// whose cause was there before proves nothing. The platform needs `monitoring: {provider: Managed}`, whose Prometheus is
    /// asked, and the drill the time that the alert takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 10), inner(length(min = 1, max = 63)), extend("x-kubernetes-list-type" = "set"))]
    pub alerts: Vec<String>,
}

/// How many replicas an autoscaler gives a service, and takes away again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedReplicas {
    /// The service, such as `order`.
    #[schemars(length(min = 1, max = 63))]
    pub service: String,

    /// How many it has to have at some time.
    #[schemars(range(min = 1, max = 100))]
    pub at_least: i32,

    /// From the beginning of the fault, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub within_seconds: i32,

    /// How many it has to come back to.
    #[schemars(range(min = 1, max = 100))]
    pub back_to: i32,

    /// From the end of the load, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub back_within_seconds: i32,
}

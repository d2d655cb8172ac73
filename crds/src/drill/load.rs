//! What customers do during a drill.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// What customers do during a drill.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!(has(self.users) && has(self.ordersPerSecond))")
        .message("give either load.users or load.ordersPerSecond, not both"),
    validation = Rule::new("!(has(self.ordersPerSecond) && has(self.ignoreRetryAfter) && self.ignoreRetryAfter)")
        .message("load.ignoreRetryAfter is for load.users: with load.ordersPerSecond nobody waits for an answer")
)]
pub struct Load {
    /// So many users, each of whom orders again as soon as the order before was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2000))]
    pub users: Option<i32>,

    /// So many orders a second, whether those before were answered or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2000))]
    pub orders_per_second: Option<i32>,

    /// Whether users who are told to come back later (503, 429) come back at once instead (default: false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_retry_after: Option<bool>,

    /// How many of a hundred requests come on a connection of their own, as those of new customers do; the others come on one
    /// that is kept open (default: 0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub new_connection_percent: Option<i32>,

    /// What they ask for (default: only orders).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mix: Option<Mix>,
}

/// What is asked for, in parts of their sum.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.order) ? self.order : 0) + (has(self.browse) ? self.browse : 0) + (has(self.cancel) ? self.cancel : 0) > 0")
        .message("load.mix needs at least one part")
)]
pub struct Mix {
    /// Orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub order: Option<i32>,

    /// Looks at an earlier order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub browse: Option<i32>,

    /// Orders that are cancelled at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub cancel: Option<i32>,
}

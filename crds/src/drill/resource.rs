//! `ResilienceDrill`: one fault of one platform, and what is expected of it.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::drill::{expect::Expect, fault::Fault, guard::Guard, load::Load, status::ResilienceDrillStatus};

/// What the platform has to stand, under which load, and what is expected of it.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "fooddelivery.dev",
    version = "v1alpha1",
    kind = "ResilienceDrill",
    plural = "resiliencedrills",
    shortname = "drill",
    namespaced,
    status = "ResilienceDrillStatus",
    derive = "PartialEq",
    doc = "A drill: a platform gets load and a fault, and a verdict whether it stood that.",
    printcolumn(name = "Platform", type_ = "string", json_path = ".spec.platform"),
    printcolumn(
        name = "Phase",
        type_ = "string",
        description = "How far it is.",
        json_path = ".status.phase"
    ),
    printcolumn(
        name = "Verdict",
        type_ = "string",
        description = "Whether everything was as expected.",
        json_path = ".status.verdict"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        description = "Why.",
        json_path = ".status.reason"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Message",
        type_ = "string",
        priority = 1,
        description = "What was expected and what was measured.",
        json_path = ".status.message"
    ),
    validation = Rule::new("self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
        .message("metadata.name must start with a letter, hold only a-z, 0-9 and '-', and have at most 40 characters, because the names of the drill's Jobs contain it"),
    validation = Rule::new("!has(self.spec.guard) || !has(self.spec.fault.scaledToZero) || self.spec.fault.scaledToZero.service != 'gateway'")
        .message("a drill that takes the gateway away cannot have a guard, which counts there how others fare")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResilienceDrillSpec {
    /// The name of the platform, in the same namespace. It has to say `drills: Allowed`.
    #[schemars(length(min = 1, max = 40))]
    pub platform: String,

    /// Any text. The drill runs once, and again whenever this changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub run: Option<String>,

    /// What customers do meanwhile (default: 4 users who order).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Load>,

    /// For how many seconds the load runs before the fault (default: 10). If the platform does not take every order then,
    /// the drill is inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 600))]
    pub steady_seconds: Option<i32>,

    /// What happens to the platform.
    pub fault: Fault,

    /// For how many seconds the load goes on after the fault (default: 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 600))]
    pub recovery_seconds: Option<i32>,

    /// For how many seconds at most the accepted orders are waited for after the load (default: 60).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1800))]
    pub settle_seconds: Option<i32>,

    /// What the platform has to reach.
    pub expect: Expect,

    /// Aborts the drill when customers suffer who are not the drill's (default: nothing does).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,

    /// After how many seconds the drill is aborted, whatever it does (default: 900).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 7200))]
    pub timeout_seconds: Option<i32>,
}

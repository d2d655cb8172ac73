//! How far a drill is, and its verdict.

use fdp_drill::{Ends, Measured};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a drill is, and its verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResilienceDrillStatus {
    /// The generation of the resource that this status is about; -1 before the operator has looked at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The `spec.run` that all of this is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,

    /// How far it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<DrillPhase>,

    /// The verdict, once it is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,

    /// Why, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,

    /// Why, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,

    /// The platform as it was when the load began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<DrilledPlatform>,

    /// When the load began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,

    /// When the fault began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault_began_at: Option<Time>,

    /// When the fault ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault_ended_at: Option<Time>,

    /// When there was a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,

    /// What showed that the fault happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,

    /// How many replicas the service of `spec.expect.replicas` had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<ReplicasSeen>,

    /// What was expected and what was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub expectations: Vec<Expectation>,

    /// What was measured in each phase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["phase"]))]
    pub measured: Vec<Measured>,

    /// What became of the accepted orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<Ends>,

    /// The runs before, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub history: Vec<FormerRun>,
}

/// How far a drill is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DrillPhase {
    /// It waits for the platform to be ready.
    Pending,
    /// The load runs without the fault.
    Steady,
    /// The fault is there.
    Fault,
    /// The fault is over, and the load goes on, or orders are waited for.
    Recovery,
    /// It has a verdict.
    Finished,
}

/// What a drill has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    /// Everything was as expected.
    Passed,
    /// Something was not.
    Failed,
    /// Nothing can be said: the platform was not well before, the fault did not happen, or too little was measured.
    Inconclusive,
    /// It was not run, or not to its end.
    Aborted,
}

impl Verdict {
    /// The value in the Kubernetes API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "Passed",
            Self::Failed => "Failed",
            Self::Inconclusive => "Inconclusive",
            Self::Aborted => "Aborted",
        }
    }
}

/// A platform at the time of a drill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DrilledPlatform {
    /// The generation of its resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,

    /// The version that its services ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// How many replicas a service had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplicasSeen {
    /// The most that were ready at a time.
    pub most: i32,

    /// How long after the beginning of the fault there were as many as expected, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached_after_seconds: Option<i64>,

    /// How long after the end of the load there were as few as expected, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_after_seconds: Option<i64>,
}

/// What was expected, and what was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Expectation {
    /// The field of `spec.expect`, or what is expected of every drill.
    pub name: String,

    /// What was expected, with its unit.
    pub expected: String,

    /// What was measured, with its unit.
    pub measured: String,

    /// Whether that is enough; unset if nothing could be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,

    /// An order, or the trace of one that was refused, that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

/// How a run before ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormerRun {
    /// Its `spec.run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,

    /// Its verdict.
    pub verdict: Verdict,

    /// Why, in one word.
    pub reason: String,

    /// When it had its verdict.
    pub finished_at: Time,
}

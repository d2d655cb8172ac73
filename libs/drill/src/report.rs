//! What the load of a drill has measured, as its Job reports it and the status of the drill shows it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AlertsSeen;

/// A part of the time of a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// The load without the fault.
    Steady,
    /// The load with the fault.
    Fault,
    /// The load after the fault.
    Recovery,
}

/// The last words of a Job, as JSON of at most 4096 bytes, which is what a kubelet keeps of a termination message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// In the order of the stages.
    #[serde(default)]
    pub measured: Vec<Measured>,
    /// From the end of the fault until the first of ten orders in a row that were accepted, in milliseconds; none if there
    /// was no such row, or no fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_ms: Option<u64>,
    /// What showed that pay did wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<FaultSeen>,
    /// What showed that sidecars did wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecars: Option<SidecarsSeen>,
    /// Which alerts fired, if the drill looked for some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Box<AlertsSeen>>,
    /// Why the guard ended the load before its time, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarded: Option<Guarded>,
    /// What became of the accepted orders.
    #[serde(default)]
    pub orders: Ends,
    /// Why the Job could not do what it was told, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What was measured during one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    pub phase: Phase,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Orders that were asked for.
    pub asked: u64,
    /// Orders that were placed and paid.
    pub accepted: u64,
    /// Answers other than that, by their HTTP status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, u64>,
    /// Orders without an answer.
    #[serde(default)]
    pub unanswered: u64,
    /// Requests of other kinds that failed: an order that could not be looked at, or not be cancelled.
    #[serde(default)]
    pub others_failed: u64,
    /// The time in which half of the accepted orders were answered, in milliseconds.
    pub p50_ms: u64,
    /// The time in which 99 of 100 accepted orders were answered, in milliseconds.
    pub p99_ms: u64,
    /// The time in which 99 of 100 refused orders were answered, of those that were sent after the first second of the
    /// phase, in milliseconds; none if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_p99_ms: Option<u64>,
    /// The accepted order that was answered last of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest: Option<Worst>,
    /// The first order that was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_refused: Option<Worst>,
}

/// One request that shows how bad it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Worst {
    /// How long after the start of the phase it was sent, in milliseconds.
    pub after_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The id of the order if it was accepted, else that of the trace.
    pub id: String,
    /// What was wrong with it: the status and the type of the problem, or the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What showed that pay did wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultSeen {
    /// How many replicas were told.
    pub replicas: u32,
    /// How many payments each of them made slow or let fail, together, by their own count.
    pub payments: u64,
}

/// What showed that sidecars did wrong, by their own count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SidecarsSeen {
    /// How many requests they held up.
    pub delayed: u64,
    /// How many they answered in place of the service.
    pub aborted: u64,
}

/// Why the guard ended the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Guarded {
    /// Too many requests of others than the drill were answered with a 5xx.
    OthersSuffered { requests: u64, failed: u64 },
    /// Nobody could tell how others fare, since the gateway's metrics could not be read.
    CannotSee { why: String },
}

/// What became of the accepted orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ends {
    /// All of them.
    pub accepted: u64,
    /// Delivered, cancelled or rejected.
    pub ended: u64,
    /// Still on their way when the drill stopped to wait.
    pub open: u64,
    /// Nobody knows them, or nobody has paid for them.
    pub lost: u64,
    /// Some that are open or lost, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

impl Measured {
    /// The share of orders that were placed and paid, in percent; none if nothing was asked for.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn availability(&self) -> Option<f64> {
        (self.asked > 0).then(|| self.accepted as f64 * 100.0 / self.asked as f64)
    }

    /// Orders placed and paid per second.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn per_second(&self) -> f64 {
        self.accepted as f64 * 1000.0 / (self.took_ms.max(1) as f64)
    }
}

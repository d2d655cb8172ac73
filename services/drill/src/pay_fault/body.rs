//! What a replica of pay is told, and what it tells, as JSON.

use fdp_drill::{DelayRange, PayFault};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much longer than planned a replica goes on by itself: if the drill is killed, nobody tells it to stop.
const SPARE: Duration = Duration::from_secs(5);

/// The body of `PUT /drills`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Drill {
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<Delay>,
    delay_at: &'static str,
    /// 0 to 1.
    failure_rate: f64,
    mode: &'static str,
    for_seconds: u64,
}

#[derive(Debug, Serialize)]
struct Delay {
    min: u32,
    max: u32,
}

/// What is read of the answer to `GET /drills`.
#[derive(Debug, Deserialize)]
pub(super) struct Count {
    /// How many payments were made slow, or let fail.
    #[serde(default)]
    pub(super) payments: u64,
}

impl Drill {
    /// The fault for the time that is left of it.
    pub(super) fn of(fault: &PayFault, left: Duration) -> Self {
        let seconds = u64::from(left.subsec_nanos() > 0) + left.as_secs();
        Self {
            delay_ms: fault.delay.map(|DelayRange { min_ms, max_ms }| Delay {
                min: min_ms,
                max: max_ms,
            }),
            delay_at: "before",
            failure_rate: f64::from(fault.failure_percent) / 100.0,
            mode: "error",
            for_seconds: seconds + SPARE.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(delay: Option<DelayRange>, failure_percent: u32, left_ms: u64) -> String {
        let fault = PayFault {
            address: "shop-pay-drills:9082".to_owned(),
            delay,
            failure_percent,
        };
        serde_json::to_string(&Drill::of(&fault, Duration::from_millis(left_ms))).unwrap()
    }

    #[test]
    fn pay_reads_its_own_words() {
        let delay = DelayRange {
            min_ms: 400,
            max_ms: 620,
        };
        assert_eq!(
            body(Some(delay), 5, 59_990),
            r#"{"delayMs":{"min":400,"max":620},"delayAt":"before","failureRate":0.05,"mode":"error","forSeconds":65}"#
        );
        assert_eq!(
            body(None, 100, 30_000),
            r#"{"delayAt":"before","failureRate":1.0,"mode":"error","forSeconds":35}"#
        );
    }
}

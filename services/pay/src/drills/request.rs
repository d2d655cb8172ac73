//! The request for a drill: what it does to payments, and for how long.

use crate::drills::settings::{DelayAt, DelayMs, Drill, FailureMode, InvalidDrill, LONGEST_SECONDS};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// What is drilled from now on, and for how long.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DrillRequest {
    /// How long each new payment takes; no longer than usual by default.
    delay_ms: Option<DelayMs>,
    /// When that time passes.
    #[serde(default)]
    delay_at: DelayAt,
    /// The share of requests that fail, 0 to 1.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    failure_rate: f64,
    /// How they fail.
    #[serde(default)]
    mode: FailureMode,
    /// After how many seconds the drill ends by itself. Not optional; a request without it is refused in our own words.
    #[schema(value_type = i64, minimum = 1, maximum = 3600)]
    for_seconds: Option<i64>,
}

impl DrillRequest {
    /// The drill and its time, if both are valid.
    ///
    /// # Errors
    /// When they are not.
    pub(super) fn validated(self) -> Result<(Drill, Duration), InvalidDrill> {
        let seconds = self.for_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let seconds = seconds.filter(|seconds| (1..=LONGEST_SECONDS).contains(seconds));
        let drill = Drill {
            delay_ms: self.delay_ms,
            delay_at: self.delay_at,
            failure_rate: self.failure_rate,
            mode: self.mode,
        };
        let time = Duration::from_secs(seconds.ok_or(InvalidDrill::Time)?);
        Ok((drill.validated()?, time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(body: Value) -> Result<(Drill, Duration), InvalidDrill> {
        serde_json::from_value::<DrillRequest>(body).unwrap().validated()
    }

    #[test]
    fn a_request_says_what_is_drilled_and_for_how_long() {
        let settings = json!({"delayMs": {"min": 400, "max": 620}, "delayAt": "after", "failureRate": 0.05, "mode": "lostAnswer"});
        let mut body = settings.clone();
        body["forSeconds"] = 60.into();
        let (drill, time) = read(body).unwrap();
        assert_eq!(json!(drill), settings);
        assert_eq!(time, Duration::from_mins(1));
    }

    #[test]
    fn only_the_time_has_to_be_said() {
        let (drill, _) = read(json!({"forSeconds": 3600})).unwrap();
        assert_eq!(drill, Drill::default());
        let misspelt = json!({"forSeconds": 1, "delay": 5});
        assert!(serde_json::from_value::<DrillRequest>(misspelt).is_err());
    }

    #[test]
    fn a_drill_that_never_ends_or_lasts_longer_than_an_hour_is_refused() {
        for seconds in [json!(0), json!(-1), json!(3601), Value::Null] {
            assert_eq!(read(json!({"forSeconds": seconds})), Err(InvalidDrill::Time));
        }
        assert_eq!(read(json!({})), Err(InvalidDrill::Time));
    }
}

//! Times as people read them.

use chrono::{DateTime, TimeDelta, Utc};

/// Korea's offset from UTC; it has no daylight saving time.
const KOREA: TimeDelta = TimeDelta::hours(9);

/// A time: for scripts in UTC, and for browsers without scripts in Korean time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) machine: String,
    pub(super) time: String,
    pub(super) day_and_time: String,
}

impl From<DateTime<Utc>> for Moment {
    fn from(at: DateTime<Utc>) -> Self {
        let korean = at + KOREA;
        Self {
            machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            time: korean.format("%H:%M").to_string(),
            day_and_time: korean.format("%m-%d %H:%M").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_korean_without_a_script() {
        let moment = Moment::from("2026-08-31T15:04:05Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(moment.machine, "2026-08-31T15:04:05Z");
        assert_eq!(moment.time, "00:04");
        assert_eq!(moment.day_and_time, "09-01 00:04");
    }
}

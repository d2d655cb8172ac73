//! Times as people read them.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

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

/// How browsers write what is entered as a date and a time.
const ENTERED: &str = "%Y-%m-%dT%H:%M";

/// A moment as a browser's field for a date and a time holds it, in Korean time.
pub(super) fn to_enter(at: DateTime<Utc>) -> String {
    (at + KOREA).format(ENTERED).to_string()
}

/// The moment that was entered in such a field.
pub(super) fn entered(text: &str) -> Option<DateTime<Utc>> {
    let korean = NaiveDateTime::parse_from_str(text, ENTERED)
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
    korean.ok()?.and_utc().checked_sub_signed(KOREA)
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

    #[test]
    fn what_is_entered_is_korean_time() {
        let at = "2026-08-31T15:04:00Z".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(to_enter(at), "2026-09-01T00:04");
        assert_eq!(entered("2026-09-01T00:04"), Some(at));
        assert_eq!(entered("2026-09-01T00:04:00"), Some(at));
        for wrong in ["", "tomorrow", "2026-13-01T00:00", "2026-09-01"] {
            assert_eq!(entered(wrong), None, "{wrong}");
        }
    }
}

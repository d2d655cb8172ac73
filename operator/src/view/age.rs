//! Formats the time that has passed since an instant.

use k8s_openapi::jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An instant, for people and for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// How long ago, such as `42s`, `5m` or `3d 4h`.
    pub age: String,
    /// The instant in RFC 3339.
    pub instant: String,
}

impl Moment {
    /// The instant `then`, relative to `now`. If it is in the future because a clock is ahead, its age is zero.
    pub fn new(then: Timestamp, now: Timestamp) -> Self {
        Self {
            age: words(now.duration_since(then).as_secs().max(0)),
            instant: then.to_string(),
        }
    }
}

fn words(seconds: i64) -> String {
    let two = |large: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{small_unit}"),
    };
    match seconds {
        ..120 => format!("{seconds}s"),
        120..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m"),
        DAY.. => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_names_its_two_largest_units_at_most() {
        let cases = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (3599, "59m"),
            (3600, "1h"),
            (3660, "1h 1m"),
            (86_399, "23h 59m"),
            (86_400, "1d"),
            (273_600, "3d 4h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(words(seconds), expected);
        }
    }

    #[test]
    fn an_instant_yet_to_come_is_now() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let then: Timestamp = "2026-01-01T00:00:09Z".parse().unwrap();
        let moment = Moment::new(then, now);
        assert_eq!(moment.age, "0s");
        assert_eq!(moment.instant, "2026-01-01T00:00:09Z");
    }
}

//! When a store is open: the hours of every day, in its own time zone.

use chrono::{
    DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The time zone of hours that name none.
pub const USUAL_TIME_ZONE: Tz = Tz::Asia__Seoul;
const TIME: &str = "%H:%M";

/// The hours of every day, in the time of the store; over midnight if the first comes after the second, and day and night if
/// both are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpeningHours {
    /// From then on, such as 09:30.
    pub opens_at: String,
    /// Until just before then.
    pub closes_at: String,
    /// Its name in the time zone database of IANA.
    pub time_zone: String,
}

/// Whether a store is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It takes orders.
    Open,
    /// It takes none.
    Closed {
        /// When it opens, in its own time; `None` if that is up to its owner.
        until: Option<DateTime<FixedOffset>>,
    },
}

/// The same hours as times that can be compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The opening time, inclusive.
    pub opens_at: NaiveTime,
    /// The closing time, exclusive.
    pub closes_at: NaiveTime,
    /// Whose time it is.
    pub time_zone: Tz,
}

impl OpeningHours {
    /// When the store opens next, if it is closed at that moment. Hours that this version cannot read do not close a store.
    pub(crate) fn closed_until(&self, now: DateTime<Utc>) -> Option<DateTime<FixedOffset>> {
        self.read()?.closed_until(now)
    }

    /// That moment in the time of the store; in the usual one if this version does not know its zone.
    pub(crate) fn local(&self, moment: DateTime<Utc>) -> DateTime<FixedOffset> {
        let zone = self.time_zone.parse().unwrap_or(USUAL_TIME_ZONE);
        moment.with_timezone(&zone).fixed_offset()
    }

    fn read(&self) -> Option<Hours> {
        let time = |text: &str| NaiveTime::parse_from_str(text, TIME).ok();
        Some(Hours {
            opens_at: time(&self.opens_at)?,
            closes_at: time(&self.closes_at)?,
            time_zone: self.time_zone.parse().ok()?,
        })
    }
}

impl From<Hours> for OpeningHours {
    fn from(hours: Hours) -> Self {
        Self {
            opens_at: hours.opens_at.format(TIME).to_string(),
            closes_at: hours.closes_at.format(TIME).to_string(),
            time_zone: hours.time_zone.name().to_owned(),
        }
    }
}

impl Hours {
    /// Whether that moment is in them.
    pub fn include(&self, now: DateTime<Utc>) -> bool {
        let here = now.with_timezone(&self.time_zone).time();
        if self.opens_at < self.closes_at {
            self.opens_at <= here && here < self.closes_at
        } else {
            self.opens_at <= here || here < self.closes_at
        }
    }

    /// When they begin next, if that moment is not in them.
    pub fn closed_until(&self, now: DateTime<Utc>) -> Option<DateTime<FixedOffset>> {
        if self.include(now) {
            return None;
        }
        let today = now.with_timezone(&self.time_zone).date_naive();
        (0..=2)
            .filter_map(|days| self.opening_on(today.checked_add_days(Days::new(days))?))
            .find(|opening| *opening > now)
    }

    /// When they begin on that day. A time that the clocks jump over in spring is one that comes an hour later, and of one that
    /// comes twice in autumn the first counts.
    fn opening_on(&self, day: NaiveDate) -> Option<DateTime<FixedOffset>> {
        let time = day.and_time(self.opens_at);
        let local = |time: &NaiveDateTime| self.time_zone.from_local_datetime(time).earliest();
        let opening = local(&time).or_else(|| local(&(time + TimeDelta::hours(1))))?;
        Some(opening.fixed_offset())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(opens_at: &str, closes_at: &str, time_zone: &str) -> OpeningHours {
        OpeningHours {
            opens_at: opens_at.to_owned(),
            closes_at: closes_at.to_owned(),
            time_zone: time_zone.to_owned(),
        }
    }

    fn closed_until(hours: &OpeningHours, now: &str) -> Option<String> {
        let until = hours.closed_until(now.parse().unwrap())?;
        Some(until.to_rfc3339())
    }

    /// At that time of the 5th of May in Korea: when the store opens, if it is closed.
    fn in_korea(hours: &OpeningHours, time: &str) -> Option<String> {
        closed_until(hours, &format!("2026-05-05T{time}:00+09:00"))
    }

    #[test]
    fn a_closed_store_says_when_it_opens_next() {
        let by_day = hours("09:30", "21:00", "Asia/Seoul");
        assert_eq!(in_korea(&by_day, "09:30"), None);
        assert_eq!(in_korea(&by_day, "20:59"), None);
        let (today, tomorrow) = ("2026-05-05T09:30:00+09:00", "2026-05-06T09:30:00+09:00");
        assert_eq!(in_korea(&by_day, "00:10").as_deref(), Some(today));
        assert_eq!(in_korea(&by_day, "21:00").as_deref(), Some(tomorrow));
        let by_night = hours("17:00", "02:00", "Asia/Seoul");
        assert_eq!(
            (in_korea(&by_night, "23:00"), in_korea(&by_night, "01:59")),
            (None, None)
        );
        let evening = Some("2026-05-05T17:00:00+09:00");
        assert_eq!(in_korea(&by_night, "02:00").as_deref(), evening);
        assert_eq!(in_korea(&hours("00:00", "00:00", "Asia/Seoul"), "03:00"), None);
    }

    #[test]
    fn a_store_is_open_by_the_clock_of_its_own_place() {
        let lisbon = hours("12:00", "15:00", "Europe/Lisbon");
        // Portugal's summer time is an hour ahead of UTC, its winter time is UTC.
        assert_eq!(closed_until(&lisbon, "2026-07-01T11:00:00Z"), None);
        assert_eq!(
            closed_until(&lisbon, "2026-12-01T11:00:00Z").as_deref(),
            Some("2026-12-01T12:00:00+00:00")
        );
        // On the day before the clocks change, the next opening is in the other time.
        assert_eq!(
            closed_until(&lisbon, "2026-03-28T20:00:00Z").as_deref(),
            Some("2026-03-29T12:00:00+01:00")
        );
    }

    #[test]
    fn a_store_that_opens_in_the_hour_that_is_left_out_opens_after_it() {
        let new_york = hours("02:30", "04:00", "America/New_York");
        assert_eq!(
            closed_until(&new_york, "2026-03-08T05:00:00Z").as_deref(),
            Some("2026-03-08T03:30:00-04:00")
        );
        // The first of the two half past ones.
        let in_autumn = hours("01:30", "04:00", "America/New_York");
        assert_eq!(
            closed_until(&in_autumn, "2026-11-01T04:00:00Z").as_deref(),
            Some("2026-11-01T01:30:00-04:00")
        );
    }

    #[test]
    fn hours_are_published_as_they_are_read() {
        let published = hours("09:30", "21:00", "Europe/Lisbon");
        let read = published.read().unwrap();
        assert_eq!(OpeningHours::from(read), published);
    }
}

//! The store: its name, its opening hours and its menu.

use super::order_terms::OrderTerms;
use super::time_limits::TimeLimits;
use chrono::{DateTime, Utc};
use fdp_contracts::Hours;

/// A restaurant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its id.
    pub store_id: String,
    /// Its name.
    pub name: String,
    /// When it is open.
    pub opening: Opening,
    /// On which terms it takes orders.
    pub terms: OrderTerms,
    /// For how long its orders may wait.
    pub time_limits: TimeLimits,
}

/// A new store, or the new name of an existing one; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its id.
    pub store_id: String,
    /// Its name.
    pub name: String,
    /// See [`TimeLimits::accept_within_minutes`].
    pub accept_within_minutes: Option<u32>,
    /// See [`TimeLimits::pick_up_within_minutes`].
    pub pick_up_within_minutes: Option<u32>,
}

/// When a store is open. A closed one gets no orders; the tickets of those that were placed just before it closed wait for its
/// owner, who may also reject them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The owner's switch: off means closed, whatever the hours say.
    pub is_open: bool,
    /// The hours of every day; without them the switch alone counts.
    pub hours: Option<Hours>,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            is_open: true,
            hours: None,
        }
    }
}

impl Store {
    /// Whether it takes orders `now`.
    pub fn takes_orders_at(&self, now: DateTime<Utc>) -> bool {
        self.opening.is_open_at(now) && self.terms.take_orders_at(now)
    }
}

impl Opening {
    /// Whether the store is open `now`.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        self.is_open && self.hours.is_none_or(|hours| hours.include(now))
    }
}

/// An item of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// Its id on this menu.
    pub item_id: String,
    /// Its name, for the customer.
    pub name: String,
    /// The same in English, if it has such a name.
    pub name_in_english: Option<String>,
    /// What it is, for the customer.
    pub description: Option<String>,
    /// The same in English.
    pub description_in_english: Option<String>,
    /// The name of the picture that the shop shows with it.
    pub picture: Option<String>,
    /// Price of one, in won.
    pub price: u64,
    /// Whether it can be ordered at all.
    pub available: bool,
    /// It cannot be ordered until then.
    pub sold_out_until: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveTime;
    use fdp_contracts::USUAL_TIME_ZONE;

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn opening(opens_at: &str, closes_at: &str) -> Opening {
        Opening {
            is_open: true,
            hours: Some(Hours {
                opens_at: time(opens_at),
                closes_at: time(closes_at),
                time_zone: USUAL_TIME_ZONE,
            }),
        }
    }

    /// This time of day in Korea, on a fixed date.
    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-22T{text}+09:00").parse().unwrap()
    }

    #[test]
    fn a_store_is_open_from_its_opening_time_to_just_before_its_closing_time() {
        let day = opening("10:00:00", "22:00:00");
        for (now, open) in [
            ("09:59:59", false),
            ("10:00:00", true),
            ("21:59:59", true),
            ("22:00:00", false),
        ] {
            assert_eq!(day.is_open_at(at(now)), open, "{now}");
        }
    }

    #[test]
    fn a_store_may_be_open_over_midnight_or_day_and_night() {
        let night = opening("18:00:00", "02:00:00");
        for (now, open) in [
            ("17:59:59", false),
            ("18:00:00", true),
            ("00:30:00", true),
            ("02:00:00", false),
        ] {
            assert_eq!(night.is_open_at(at(now)), open, "{now}");
        }
        let always = opening("09:00:00", "09:00:00");
        assert!(
            ["08:59:59", "09:00:00", "21:00:00"]
                .iter()
                .all(|now| always.is_open_at(at(now)))
        );
    }

    #[test]
    fn a_store_that_its_owner_closed_is_closed_in_its_hours_too() {
        let closed = Opening {
            is_open: false,
            ..opening("10:00:00", "22:00:00")
        };
        assert!(!closed.is_open_at(at("12:00:00")));
        assert!(Opening::default().is_open_at(at("03:00:00")));
    }
}

//! Stores and their menus as other services see them.

use crate::examples;
use crate::opening_hours::{Opening, OpeningHours, USUAL_TIME_ZONE};
use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A store with its whole menu. Of two snapshots of a store, the one with the higher version counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(StoreSnapshot::example))]
pub struct StoreSnapshot {
    /// The store.
    pub store_id: String,
    /// What the customer reads.
    pub name: String,
    /// It grows with each change of the store or its menu.
    pub version: u64,
    /// The owner's switch: if it is off, the store is closed whatever its hours say.
    pub open: bool,
    /// Without hours the switch alone counts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub hours: Option<OpeningHours>,
    /// Its owner takes no orders until then, as when the kitchen is full.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub paused_until: Option<DateTime<Utc>>,
    /// What the items of an order have to cost at least, in won.
    #[serde(default)]
    pub minimum_order: u64,
    /// What an order costs beside its items, in won.
    #[serde(default)]
    pub delivery_fee: u64,
    /// In its owner's order.
    pub menu: Vec<MenuItemSnapshot>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// An item of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MenuItemSnapshot {
    /// Its id on this menu.
    pub item_id: String,
    /// What the customer reads.
    pub name: String,
    /// The same in English, if it has such a name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub name_in_english: Option<String>,
    /// What it is, for the customer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub description_in_english: Option<String>,
    /// The name of the picture that the shop shows with it, of those that it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub picture: Option<String>,
    /// Price of one, in won.
    pub price: u64,
    /// Whether it can be ordered at all.
    pub available: bool,
    /// It cannot be ordered until then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub sold_out_until: Option<DateTime<Utc>>,
}

impl MenuItemSnapshot {
    /// Whether it can be ordered at that moment, as far as the store's hours allow it.
    pub fn is_available_at(&self, now: DateTime<Utc>) -> bool {
        self.available && self.sold_out_until.is_none_or(|until| until <= now)
    }
}

impl StoreSnapshot {
    /// The `CloudEvents` type that announces a new store, or a change of it or of its menu.
    pub const EVENT_TYPE: &'static str = "fooddelivery.store.changed.v1";

    /// Whether it is open at that moment, and until when it is not.
    pub fn opening_at(&self, now: DateTime<Utc>) -> Opening {
        if !self.open {
            return Opening::Closed { until: None };
        }
        let paused_until = self.paused_until.filter(|until| now < *until);
        // A pause that ends outside the hours lasts until they begin.
        let resumes = paused_until.unwrap_or(now);
        let by_hours = self.hours.as_ref().and_then(|hours| hours.closed_until(resumes));
        let until = by_hours.or_else(|| paused_until.map(|until| self.local(until)));
        until.map_or(Opening::Open, |until| Opening::Closed { until: Some(until) })
    }

    /// That moment in the time of the store.
    fn local(&self, moment: DateTime<Utc>) -> DateTime<FixedOffset> {
        match &self.hours {
            Some(hours) => hours.local(moment),
            None => moment.with_timezone(&USUAL_TIME_ZONE).fixed_offset(),
        }
    }

    /// The example for the documents.
    pub(crate) fn example() -> Self {
        Self {
            store_id: "1".into(),
            name: "우리동네 통닭".into(),
            version: 7,
            open: true,
            hours: Some(OpeningHours {
                opens_at: "09:30".into(),
                closes_at: "21:00".into(),
                time_zone: "Asia/Seoul".into(),
            }),
            paused_until: None,
            minimum_order: 12_000,
            delivery_fee: 3_000,
            menu: vec![MenuItemSnapshot {
                item_id: "chicken".into(),
                name: "통닭".into(),
                name_in_english: Some("Whole fried chicken".into()),
                description: Some("가마솥에 통째로 튀긴 닭".into()),
                description_in_english: Some("Fried whole in an iron pot".into()),
                picture: Some("chicken".into()),
                price: 18_000,
                available: true,
                sold_out_until: None,
            }],
            changed_at: examples::at(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(opens_at: &str, closes_at: &str) -> StoreSnapshot {
        StoreSnapshot {
            hours: Some(OpeningHours {
                opens_at: opens_at.to_owned(),
                closes_at: closes_at.to_owned(),
                time_zone: "Asia/Seoul".to_owned(),
            }),
            ..StoreSnapshot::example()
        }
    }

    /// At that time of the 5th of May in Korea: when the store opens, if it is closed.
    fn closed_until(store: &StoreSnapshot, time: &str) -> Option<String> {
        let now = format!("2026-05-05T{time}:00+09:00").parse().unwrap();
        match store.opening_at(now) {
            Opening::Open => None,
            Opening::Closed { until } => Some(until.unwrap().to_rfc3339()),
        }
    }

    #[test]
    fn a_store_that_pauses_opens_after_its_pause_or_when_its_hours_begin() {
        let paused = |until: &str, store: StoreSnapshot| StoreSnapshot {
            paused_until: Some(format!("2026-05-05T{until}:00+09:00").parse().unwrap()),
            ..store
        };
        let by_day = paused("12:30", store("09:30", "21:00"));
        let (noon, morning) = ("2026-05-05T12:30:00+09:00", "2026-05-06T09:30:00+09:00");
        assert_eq!(closed_until(&by_day, "12:00").as_deref(), Some(noon));
        assert_eq!(closed_until(&by_day, "12:30"), None);
        let past_closing = paused("22:00", store("09:30", "21:00"));
        assert_eq!(closed_until(&past_closing, "20:30").as_deref(), Some(morning));
        let without_hours = StoreSnapshot {
            hours: None,
            ..by_day
        };
        assert_eq!(closed_until(&without_hours, "12:29").as_deref(), Some(noon));
    }

    #[test]
    fn a_store_that_its_owner_has_closed_opens_when_the_owner_says_so() {
        let paused = StoreSnapshot {
            open: false,
            ..store("00:00", "00:00")
        };
        assert_eq!(paused.opening_at(Utc::now()), Opening::Closed { until: None });
    }

    #[test]
    fn hours_of_a_later_version_do_not_close_a_store() {
        let mut elsewhere = store("09:30", "09:31");
        if let Some(hours) = &mut elsewhere.hours {
            hours.time_zone = "Mars/Olympus".to_owned();
        }
        assert_eq!(elsewhere.opening_at(Utc::now()), Opening::Open);
    }
}

//! The fields of a store's settings in a form: what stands in them, and the store that they describe.

use super::form::{self, Fields};
use super::message::Message;
use crate::adapters::http::pages::format::{entered, to_enter};
use crate::application::work::{Hours, Store};
use serde_json::Map;

/// The fields, as they are shown and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SettingsForm {
    pub(super) name: String,
    pub(super) is_open: bool,
    pub(super) opens_at: String,
    pub(super) closes_at: String,
    pub(super) paused_until: String,
    pub(super) minimum_order: String,
    pub(super) delivery_fee: String,
    pub(super) accept_within: String,
    pub(super) pick_up_within: String,
}

impl SettingsForm {
    /// The fields of a store.
    pub(super) fn of(store: &Store) -> Self {
        let hour = |hour: fn(&Hours) -> &String| store.hours.as_ref().map(hour).cloned().unwrap_or_default();
        Self {
            name: store.name.clone(),
            is_open: store.open,
            opens_at: hour(|hours| &hours.opens_at),
            closes_at: hour(|hours| &hours.closes_at),
            paused_until: store.paused_until.map(to_enter).unwrap_or_default(),
            minimum_order: store.minimum_order.to_string(),
            delivery_fee: store.delivery_fee.to_string(),
            accept_within: store.accept_within_minutes.to_string(),
            pick_up_within: store.pick_up_within_minutes.to_string(),
        }
    }

    /// The fields as they were sent.
    pub(super) fn sent(fields: &Fields) -> Self {
        let field = |name| form::value(fields, name).to_owned();
        Self {
            name: field("name"),
            is_open: !form::value(fields, "open").is_empty(),
            opens_at: field("opens"),
            closes_at: field("closes"),
            paused_until: field("paused"),
            minimum_order: field("minimum"),
            delivery_fee: field("fee"),
            accept_within: field("accept"),
            pick_up_within: field("pick-up"),
        }
    }

    /// The store that the fields describe; what they do not hold stays as it is in `before`.
    ///
    /// # Errors
    /// What has to be changed.
    pub(super) fn store(&self, before: &Store) -> Result<Store, Message> {
        let won = |text: &str| form::won(text).ok_or(Message::InvalidPrice);
        let minutes = |text: &str| {
            let minutes = text.parse().ok().filter(|minutes| (1..=1440).contains(minutes));
            minutes.ok_or(Message::InvalidMinutes)
        };
        Ok(Store {
            name: form::text(&self.name).ok_or(Message::InvalidText)?,
            open: self.is_open,
            hours: self.hours(before)?,
            paused_until: match self.paused_until.as_str() {
                "" => None,
                until => Some(entered(until).ok_or(Message::InvalidTime)?),
            },
            minimum_order: won(&self.minimum_order)?,
            delivery_fee: won(&self.delivery_fee)?,
            accept_within_minutes: minutes(&self.accept_within)?,
            pick_up_within_minutes: minutes(&self.pick_up_within)?,
            ..before.clone()
        })
    }

    fn hours(&self, before: &Store) -> Result<Option<Hours>, Message> {
        match (self.opens_at.as_str(), self.closes_at.as_str()) {
            ("", "") => Ok(None),
            ("", _) | (_, "") => Err(Message::HoursIncomplete),
            (opens_at, closes_at) => Ok(Some(Hours {
                opens_at: minute(opens_at)?,
                closes_at: minute(closes_at)?,
                rest: before
                    .hours
                    .as_ref()
                    .map_or_else(Map::new, |hours| hours.rest.clone()),
            })),
        }
    }
}

/// A time of the day. Some browsers send the seconds too.
fn minute(text: &str) -> Result<String, Message> {
    let formats = ["%H:%M", "%H:%M:%S"];
    let time = formats
        .into_iter()
        .find_map(|format| chrono::NaiveTime::parse_from_str(text, format).ok());
    let time = time.ok_or(Message::InvalidTime)?;
    Ok(time.format("%H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn store() -> Store {
        let store = json!({"storeId": "1", "name": "통닭집", "open": true, "openNow": true, "minimumOrder": 12_000,
            "deliveryFee": 3_000, "acceptWithinMinutes": 15, "pickUpWithinMinutes": 20, "pets": true,
            "hours": {"opensAt": "09:30", "closesAt": "21:00", "timeZone": "Asia/Tokyo"}});
        serde_json::from_value(store).unwrap()
    }

    #[test]
    fn a_form_that_is_sent_as_it_is_shown_changes_nothing() {
        assert_eq!(SettingsForm::of(&store()).store(&store()).unwrap(), store());
    }

    #[test]
    fn without_hours_the_switch_alone_counts_and_one_of_them_is_none() {
        let without = SettingsForm {
            opens_at: String::new(),
            closes_at: String::new(),
            ..SettingsForm::of(&store())
        };
        assert_eq!(without.store(&store()).unwrap().hours, None);
        let half = SettingsForm {
            opens_at: "10:00".to_owned(),
            ..without
        };
        assert_eq!(half.store(&store()).unwrap_err(), Message::HoursIncomplete);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let with = |change: fn(&mut SettingsForm)| {
            let mut form = SettingsForm::of(&store());
            change(&mut form);
            form.store(&store()).unwrap_err()
        };
        assert_eq!(with(|form| form.name.clear()), Message::InvalidText);
        assert_eq!(
            with(|form| form.opens_at = "dawn".to_owned()),
            Message::InvalidTime
        );
        assert_eq!(
            with(|form| form.delivery_fee = "some".to_owned()),
            Message::InvalidPrice
        );
        for minutes in ["0", "1441", "", "-5"] {
            let mut form = SettingsForm::of(&store());
            minutes.clone_into(&mut form.accept_within);
            assert_eq!(
                form.store(&store()).unwrap_err(),
                Message::InvalidMinutes,
                "{minutes}"
            );
        }
    }
}

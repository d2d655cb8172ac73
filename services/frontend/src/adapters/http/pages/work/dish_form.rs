//! The fields of a dish in a form: what stands in them, and the dish that they describe.

use super::form::{self, Fields};
use super::message::Message;
use crate::adapters::http::pages::format::{entered, to_enter};
use crate::adapters::http::pages::pictures::DISHES;
use crate::application::work::MenuItem;

/// The fields of a dish, as they are shown and sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DishForm {
    /// Its id on the menu; empty for a new one.
    pub(super) item_id: String,
    pub(super) name: String,
    pub(super) name_in_english: String,
    pub(super) description: String,
    pub(super) description_in_english: String,
    pub(super) price: String,
    pub(super) picture: String,
    pub(super) is_available: bool,
    pub(super) sold_out_until: String,
    /// Whether the fields are shown at once, since they were sent and have to be looked at again.
    pub(super) is_open: bool,
}

impl DishForm {
    /// The fields of a dish on the menu.
    pub(super) fn of(item: &MenuItem) -> Self {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            item_id: item.item_id.clone(),
            name: item.name.clone(),
            name_in_english: optional(&item.name_in_english),
            description: optional(&item.description),
            description_in_english: optional(&item.description_in_english),
            price: item.price.to_string(),
            picture: optional(&item.picture),
            is_available: item.available,
            sold_out_until: item.sold_out_until.map(to_enter).unwrap_or_default(),
            is_open: false,
        }
    }

    /// The fields of a dish that is not on the menu yet.
    pub(super) fn empty() -> Self {
        Self {
            is_available: true,
            ..Self::default()
        }
    }

    /// The fields as they were sent.
    pub(super) fn sent(fields: &Fields) -> Self {
        let field = |name| form::value(fields, name).to_owned();
        Self {
            item_id: field("item"),
            name: field("name"),
            name_in_english: field("name-en"),
            description: field("about"),
            description_in_english: field("about-en"),
            price: field("price"),
            picture: field("picture"),
            is_available: !form::value(fields, "available").is_empty(),
            sold_out_until: field("until"),
            is_open: true,
        }
    }

    /// The pictures that can be chosen, and whether each is.
    pub(super) fn pictures(&self) -> Vec<(&str, bool)> {
        // One that this release does not draw is kept.
        let own = Some(self.picture.as_str()).filter(|own| !own.is_empty() && !DISHES.contains(own));
        let all = DISHES.into_iter().chain(own);
        all.map(|picture| (picture, picture == self.picture)).collect()
    }

    /// The dish that the fields describe; what they do not hold stays as it is in `before`.
    ///
    /// # Errors
    /// What has to be changed.
    pub(super) fn dish(&self, before: &MenuItem) -> Result<MenuItem, Message> {
        let optional = |text: &str| match text {
            "" => Ok(None),
            text => form::text(text).map(Some).ok_or(Message::InvalidText),
        };
        Ok(MenuItem {
            item_id: before.item_id.clone(),
            name: form::text(&self.name).ok_or(Message::InvalidText)?,
            name_in_english: optional(&self.name_in_english)?,
            description: optional(&self.description)?,
            description_in_english: optional(&self.description_in_english)?,
            picture: optional(&self.picture)?,
            price: form::won(&self.price).ok_or(Message::InvalidPrice)?,
            available: self.is_available,
            sold_out_until: match self.sold_out_until.as_str() {
                "" => None,
                until => Some(entered(until).ok_or(Message::InvalidTime)?),
            },
            rest: before.rest.clone(),
        })
    }
}

/// The menu with `dish` in the place of the one with its id, or at the end.
///
/// # Errors
/// When two dishes would have one name, by which orders name them.
pub(super) fn with_dish(mut menu: Vec<MenuItem>, dish: MenuItem) -> Result<Vec<MenuItem>, Message> {
    let names = |item: &MenuItem| {
        let names = [
            Some(&item.item_id),
            Some(&item.name),
            item.name_in_english.as_ref(),
        ];
        names.map(|name| name.map(|name| name.to_ascii_lowercase()))
    };
    let own = names(&dish);
    let is_taken = |other: &MenuItem| {
        names(other)
            .iter()
            .flatten()
            .any(|name| own.contains(&Some(name.clone())))
    };
    if menu
        .iter()
        .any(|other| other.item_id != dish.item_id && is_taken(other))
    {
        return Err(Message::NameTaken);
    }
    match menu.iter_mut().find(|item| item.item_id == dish.item_id) {
        Some(item) => *item = dish,
        None => menu.push(dish),
    }
    Ok(menu)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::http::pages::work::text::WorkText;
    use serde_json::json;

    fn chicken() -> MenuItem {
        let item =
            json!({"itemId": "chicken", "name": "통닭", "price": 18_000, "available": true, "options": [1]});
        serde_json::from_value(item).unwrap()
    }

    fn form() -> DishForm {
        DishForm::of(&chicken())
    }

    #[test]
    fn every_picture_has_a_name_that_people_read() {
        for (picture, _) in DishForm::empty().pictures() {
            for text in [WorkText::ENGLISH, WorkText::KOREAN] {
                assert_ne!(text.picture(picture), picture);
            }
        }
        assert_eq!(WorkText::KOREAN.picture("pizza"), "pizza");
    }

    #[test]
    fn what_a_form_does_not_hold_stays_as_it_is() {
        let changed = DishForm {
            price: "19,000".to_owned(),
            name_in_english: "Chicken".to_owned(),
            ..form()
        };
        let dish = changed.dish(&chicken()).unwrap();
        let expected = json!({"itemId": "chicken", "name": "통닭", "nameInEnglish": "Chicken", "price": 19_000,
            "available": true, "options": [1]});
        assert_eq!(serde_json::to_value(dish).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let with = |change: fn(&mut DishForm)| {
            let mut form = form();
            change(&mut form);
            form.dish(&chicken()).unwrap_err()
        };
        assert_eq!(with(|form| form.name.clear()), Message::InvalidText);
        assert_eq!(
            with(|form| form.price = "cheap".to_owned()),
            Message::InvalidPrice
        );
        assert_eq!(with(|form| form.price = "-1".to_owned()), Message::InvalidPrice);
        assert_eq!(
            with(|form| form.sold_out_until = "soon".to_owned()),
            Message::InvalidTime
        );
    }

    #[test]
    fn a_dish_takes_its_own_place_or_the_last_one_and_no_others_name() {
        let pizza = MenuItem {
            item_id: "pizza".to_owned(),
            name: "피자".to_owned(),
            name_in_english: Some("Pizza".to_owned()),
            ..MenuItem::default()
        };
        let menu = with_dish(vec![chicken()], pizza.clone()).unwrap();
        let dearer = MenuItem {
            price: 9,
            ..chicken()
        };
        let menu = with_dish(menu, dearer).unwrap();
        let prices: Vec<_> = menu
            .iter()
            .map(|item| (item.item_id.as_str(), item.price))
            .collect();
        assert_eq!(prices, [("chicken", 9), ("pizza", 0)]);
        for name in ["통닭", "CHICKEN"] {
            let same = MenuItem {
                name: name.to_owned(),
                ..pizza.clone()
            };
            assert_eq!(with_dish(menu.clone(), same).unwrap_err(), Message::NameTaken);
        }
    }
}

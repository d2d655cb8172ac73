//! Dishes on the menus of stores: which one is meant, its words in a language, and whether it can be chosen.

use chrono::{DateTime, Utc};
use fdp_contracts::{Language, MenuItemSnapshot, Opening, OrderLine, StoreSnapshot};

/// A dish on the menu of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dish<'a> {
    /// The store that cooks it.
    pub store: &'a StoreSnapshot,
    /// Its item on the menu.
    pub item: &'a MenuItemSnapshot,
}

/// Whether a dish can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Available,
    /// The store is open, but cannot cook it.
    SoldOut,
    /// Nothing of the store can be chosen.
    Closed,
}

/// The store with this id.
pub fn store<'a>(stores: &'a [StoreSnapshot], store_id: &str) -> Option<&'a StoreSnapshot> {
    stores.iter().find(|store| store.store_id == store_id)
}

/// The dishes of a store, in its owner's order.
pub fn dishes(store: &StoreSnapshot) -> impl Iterator<Item = Dish<'_>> {
    store.menu.iter().map(move |item| Dish { store, item })
}

impl<'a> Dish<'a> {
    /// The dish with this id on the menu of the store with that id.
    pub fn find(stores: &'a [StoreSnapshot], store_id: &str, item_id: &str) -> Option<Self> {
        dishes(store(stores, store_id)?).find(|dish| dish.item.item_id == item_id)
    }

    /// Its name in a language; in Korean if it has no other.
    pub fn name(self, language: Language) -> &'a str {
        let korean = self.item.name.as_str();
        language.pick(korean, self.item.name_in_english.as_deref().unwrap_or(korean))
    }

    /// What it is, in a language; in Korean if it is told in no other.
    pub fn description(self, language: Language) -> Option<&'a str> {
        let korean = self.item.description.as_deref();
        language.pick(korean, self.item.description_in_english.as_deref().or(korean))
    }

    /// Whether it can be chosen at that moment.
    pub fn availability(self, now: DateTime<Utc>) -> Availability {
        match self.store.opening_at(now) {
            Opening::Closed { .. } => Availability::Closed,
            Opening::Open if self.item.is_available_at(now) => Availability::Available,
            Opening::Open => Availability::SoldOut,
        }
    }
}

/// The name of something on an order of the store `store_id` in the reader's language. Dishes that are still on the
/// store's menu are translated, products are not.
pub fn name_of<'a>(
    stores: &'a [StoreSnapshot],
    store_id: &str,
    line: &'a OrderLine,
    language: Language,
) -> &'a str {
    let dish = store(stores, store_id)
        .filter(|_| line.product_id.is_none())
        .and_then(|store| dishes(store).find(|dish| dish.item.name == line.product_name));
    dish.map_or(line.product_name.as_str(), |dish| dish.name(language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;

    #[test]
    fn a_dish_has_its_words_in_the_language_of_the_reader_or_else_in_korean() {
        let stores = [fixtures::store("1", "통닭집")];
        let words = |item_id, language| {
            let dish = Dish::find(&stores, "1", item_id).unwrap();
            (dish.name(language), dish.description(language))
        };
        assert_eq!(
            words("chicken", Language::English),
            ("Whole fried chicken", Some("Fried whole in an iron pot"))
        );
        let korean = ("통닭", Some("가마솥에 통째로 튀긴 닭"));
        assert_eq!(words("chicken", Language::Korean), korean);
        for language in [Language::Korean, Language::English] {
            assert_eq!(
                words("mandu", language),
                ("왕만두", Some("손으로 빚은 만두 여섯 개"))
            );
        }
    }

    #[test]
    fn a_dish_is_found_on_the_menu_of_its_own_store_only() {
        let mut pizzeria = fixtures::store("2", "동네 피자");
        pizzeria.menu[0].item_id = "pizza".into();
        let stores = [fixtures::store("1", "통닭집"), pizzeria];
        let found = |store_id, item_id| Dish::find(&stores, store_id, item_id).is_some();
        assert!(found("1", "chicken") && found("2", "pizza"));
        assert!(!found("1", "pizza") && !found("2", "chicken") && !found("3", "pizza"));
    }

    #[test]
    fn of_a_closed_store_nothing_can_be_chosen_and_of_an_open_one_what_is_not_sold_out() {
        let available = |open| {
            let store = StoreSnapshot {
                open,
                ..fixtures::store("1", "통닭집")
            };
            let now = DateTime::UNIX_EPOCH;
            dishes(&store)
                .map(|dish| dish.availability(now))
                .collect::<Vec<_>>()
        };
        assert_eq!(available(true), [Availability::Available, Availability::SoldOut]);
        assert_eq!(available(false), [Availability::Closed; 2]);
    }

    #[test]
    fn on_orders_dishes_of_their_store_are_translated_and_all_else_is_not() {
        let stores = [fixtures::store("1", "통닭집")];
        let name = |store_id, product_id: Option<&str>, product_name: &str| {
            let line = OrderLine {
                product_id: product_id.map(str::to_owned),
                product_name: product_name.into(),
                qty: 1,
                unit_price: 1,
            };
            name_of(&stores, store_id, &line, Language::English).to_owned()
        };
        assert_eq!(name("1", None, "통닭"), "Whole fried chicken");
        assert_eq!(name("1", None, "왕만두"), "왕만두");
        assert_eq!(
            name("1", Some("7"), "통닭"),
            "통닭",
            "a product that is called so"
        );
        assert_eq!(name("1", None, "피자"), "피자", "not on the menu any more");
        assert_eq!(
            name("2", None, "통닭"),
            "통닭",
            "of a store that has told nothing"
        );
    }
}

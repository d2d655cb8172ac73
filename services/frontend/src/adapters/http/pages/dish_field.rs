//! The form field of a dish: its store's id and its own in one name.

use crate::domain::basket::ItemId;
use std::borrow::Cow;

const DISH: &str = "dish-";

/// The form field of a dish of a store, such as `dish-1-chicken`.
pub(super) fn name(store_id: &str, item_id: &str) -> String {
    // Ids may hold anything. The first separator ends the id of the store, which therefore holds none itself.
    let store_id = store_id.replace('%', "%25").replace('-', "%2D");
    format!("{DISH}{store_id}-{item_id}")
}

/// The dish of a form field; `None` if the field is not one of a dish.
pub(super) fn item(field: &str) -> Option<ItemId<'_>> {
    let ids = field.strip_prefix(DISH)?;
    let Some((store_id, item_id)) = ids.split_once('-') else {
        return Some(ItemId::DishOfNoStore);
    };
    let store_id = if store_id.contains('%') {
        Cow::Owned(store_id.replace("%2D", "-").replace("%25", "%"))
    } else {
        Cow::Borrowed(store_id)
    };
    Some(ItemId::Dish { store_id, item_id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dish<'a>(store_id: &'a str, item_id: &'a str) -> ItemId<'a> {
        let store_id = store_id.into();
        ItemId::Dish { store_id, item_id }
    }

    #[test]
    fn plain_ids_are_read_as_they_are() {
        for (store_id, item_id, field) in [
            ("1", "chicken", "dish-1-chicken"),
            ("1", "kimchi-jjigae", "dish-1-kimchi-jjigae"),
            ("동네 피자", "50% more", "dish-동네 피자-50% more"),
        ] {
            assert_eq!(name(store_id, item_id), field);
            assert_eq!(item(field), Some(dish(store_id, item_id)));
        }
    }

    #[test]
    fn an_id_with_the_separator_inside_is_another_one_than_without() {
        assert_eq!(name("a-b", "c"), "dish-a%2Db-c");
        assert_eq!(name("a", "b-c"), "dish-a-b-c");
        assert_eq!(item("dish-a%2Db-c"), Some(dish("a-b", "c")));
        assert_eq!(item("dish-a-b-c"), Some(dish("a", "b-c")));
    }

    #[test]
    fn other_fields_are_of_no_dish_and_those_of_earlier_releases_of_no_store() {
        assert_eq!(item("product-1-chicken"), None);
        assert_eq!(item("price-dish-1-chicken"), None);
        assert_eq!(item("dish-chicken"), Some(ItemId::DishOfNoStore));
    }

    proptest! {
        #[test]
        fn each_dish_of_each_store_has_a_field_of_its_own(
            store_id in "[-%25D/a가]{0,8}",
            item_id in "[-%25D/a가]{0,8}",
        ) {
            let field = name(&store_id, &item_id);
            prop_assert_eq!(item(&field), Some(dish(&store_id, &item_id)));
        }
    }
}

//! The shop's order form: the names of its fields, and how they become a basket.

use crate::domain::basket::{Basket, BasketError, Choice, ItemId, MAX_QUANTITY, ShownPrice};
use fdp_contracts::ProductSnapshot;
use std::collections::BTreeMap;

const DISH: &str = "dish-";
const PRODUCT: &str = "product-";

/// The fields of a form as sent: names and values.
pub(super) type Fields = [(String, String)];

/// The quantity of each field of the form that could be parsed.
pub(super) type Chosen = BTreeMap<String, u32>;

/// The form field of a dish.
pub(super) fn dish_field(dish_id: &str) -> String {
    format!("{DISH}{dish_id}")
}

/// The form field of a product.
pub(super) fn product_field(product_id: &str) -> String {
    format!("{PRODUCT}{product_id}")
}

/// The form field with the price that the page showed beside another `field`.
pub(super) fn price_field(field: &str) -> String {
    format!("price-{field}")
}

/// The quantities in a form's fields, without other fields and without quantities that cannot be parsed.
pub(super) fn chosen(fields: &Fields) -> Chosen {
    quantities(fields)
        .filter_map(|(name, _, quantity)| Some((name.to_owned(), quantity?)))
        .filter(|(_, quantity)| *quantity > 0)
        .collect()
}

/// The basket that a form orders; see [`Basket::of`].
///
/// # Errors
/// See [`BasketError`].
pub(super) fn basket(
    fields: &Fields,
    products: &[ProductSnapshot],
    product_price: u64,
) -> Result<Basket, BasketError> {
    let choices = quantities(fields).map(|(name, item, quantity)| {
        Ok(Choice {
            item,
            quantity: quantity.ok_or(BasketError::Quantity)?,
            shown_price: shown_price(fields, name),
        })
    });
    Basket::of(choices, products, product_price)
}

/// The name, the item and the quantity of each field for a quantity; `None` if it cannot be parsed.
fn quantities(fields: &Fields) -> impl Iterator<Item = (&str, ItemId<'_>, Option<u32>)> {
    fields.iter().filter_map(|(name, value)| {
        let dish = name.strip_prefix(DISH).map(ItemId::Dish);
        let item = dish.or_else(|| name.strip_prefix(PRODUCT).map(ItemId::Product))?;
        let quantity = match value.trim() {
            "" => Some(0),
            number => number.parse().ok().filter(|quantity| *quantity <= MAX_QUANTITY),
        };
        Some((name.as_str(), item, quantity))
    })
}

/// The price that the page showed beside a `field`.
fn shown_price(fields: &Fields, field: &str) -> ShownPrice {
    let name = price_field(field);
    fields
        .iter()
        .find(|(given, _)| *given == name)
        .map_or(ShownPrice::Missing, |(_, shown)| {
            shown.parse().map_or(ShownPrice::Invalid, ShownPrice::Won)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn tv() -> Vec<ProductSnapshot> {
        vec![ProductSnapshot {
            product_id: "1001".into(),
            product_name: "TV".into(),
            stock: 100,
            unit_price: None,
            changed_at: Utc::now(),
        }]
    }

    #[test]
    fn dishes_and_products_become_order_lines_at_the_shown_prices() {
        let fields = form(&[
            ("key", "k"),
            ("dish-chicken", "2"),
            ("dish-bibimbap", ""),
            ("product-1001", "1"),
        ]);
        let basket = basket(&fields, &tv(), 10_000).unwrap();
        let lines: Vec<_> = basket
            .lines()
            .iter()
            .map(|line| {
                (
                    line.product_id.as_deref(),
                    line.product_name.as_str(),
                    line.qty,
                    line.unit_price,
                )
            })
            .collect();
        assert_eq!(
            lines,
            [(None, "통닭", 2, 18_000), (Some("1001"), "TV", 1, 10_000)]
        );
    }

    #[test]
    fn a_form_that_cannot_be_ordered_has_a_reason() {
        for (field, qty, error) in [
            ("dish-chicken", "0", BasketError::Empty),
            ("other", "1", BasketError::Empty),
            ("dish-chicken", "-1", BasketError::Quantity),
            ("dish-chicken", "100", BasketError::Quantity),
            ("dish-chicken", "many", BasketError::Quantity),
            ("dish-pizza", "1", BasketError::NotOffered),
            ("product-9", "1", BasketError::NotOffered),
        ] {
            let read = basket(&form(&[(field, qty)]), &tv(), 10_000);
            assert_eq!(read, Err(error), "{field}={qty}");
        }
    }

    #[test]
    fn a_price_that_the_page_did_not_show_is_rejected() {
        for (shown, expected) in [("10000", true), ("9000", false), ("", false), ("-1", false)] {
            let fields = form(&[("product-1001", "1"), ("price-product-1001", shown)]);
            let read = basket(&fields, &tv(), 10_000);
            let is_read = read.is_ok();
            assert_eq!(is_read, expected, "{shown}: {read:?}");
            assert!(is_read || read == Err(BasketError::PriceChanged));
        }
        // The price of an item that was not chosen does not matter.
        let fields = form(&[
            ("dish-chicken", "1"),
            ("product-1001", "0"),
            ("price-product-1001", "1"),
        ]);
        assert!(basket(&fields, &tv(), 10_000).is_ok());
    }

    #[test]
    fn chosen_quantities_are_kept_for_the_next_submission() {
        let fields = form(&[("dish-chicken", "2"), ("dish-mandu", "x"), ("dish-pajeon", "0")]);
        assert_eq!(chosen(&fields), Chosen::from([("dish-chicken".to_owned(), 2)]));
    }
}

//! The shop's order form: the names of its fields, and how they become a basket.

use super::dish_field;
use super::message::Message;
use crate::domain::assortment::Assortment;
use crate::domain::basket::{Basket, BasketError, Choice, ItemId, MAX_QUANTITY, ShownPrice};
use std::collections::BTreeMap;

const PRODUCT: &str = "product-";

/// The fields of a form as sent: names and values.
pub(super) type Fields = [(String, String)];

/// The quantity of each field of the form that could be parsed.
pub(super) type Chosen = BTreeMap<String, u32>;

/// The form field of a product.
pub(super) fn product_field(product_id: &str) -> String {
    format!("{PRODUCT}{product_id}")
}

/// The form field with the price that the page showed beside another `field`.
pub(super) fn price_field(field: &str) -> String {
    format!("price-{field}")
}

/// The form field with the delivery fee that the page showed for a store.
pub(super) fn fee_field(store_id: &str) -> String {
    format!("fee-{store_id}")
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
pub(super) fn basket(fields: &Fields, assortment: &Assortment) -> Result<Basket, BasketError> {
    let choices = quantities(fields).map(|(name, item, quantity)| {
        Ok(Choice {
            item,
            quantity: quantity.ok_or(BasketError::Quantity)?,
            shown_price: shown_price(fields, &price_field(name)),
        })
    });
    Basket::of(
        choices,
        |store_id| shown_price(fields, &fee_field(store_id)),
        assortment,
    )
}

/// The name, the item and the quantity of each field for a quantity; `None` if it cannot be parsed.
fn quantities(fields: &Fields) -> impl Iterator<Item = (&str, ItemId<'_>, Option<u32>)> {
    fields.iter().filter_map(|(name, value)| {
        let product = || name.strip_prefix(PRODUCT).map(ItemId::Product);
        let item = dish_field::item(name).or_else(product)?;
        let quantity = match value.trim() {
            "" => Some(0),
            number => number.parse().ok().filter(|quantity| *quantity <= MAX_QUANTITY),
        };
        Some((name.as_str(), item, quantity))
    })
}

/// The message that the page showed above the form.
pub(super) fn message(fields: &Fields) -> Option<Message> {
    value(fields, "notice").and_then(Message::of_slug)
}

/// The value of a field.
pub(super) fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let (_, value) = fields.iter().find(|(given, _)| given == name)?;
    Some(value)
}

/// The price that the page showed, by the name of its `field`.
fn shown_price(fields: &Fields, field: &str) -> ShownPrice {
    value(fields, field).map_or(ShownPrice::Missing, |shown| {
        shown.parse().map_or(ShownPrice::Invalid, ShownPrice::Won)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use chrono::Utc;
    use fdp_contracts::{ProductSnapshot, StoreSnapshot};

    fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn assortment() -> Assortment {
        let closed = StoreSnapshot {
            open: false,
            ..fixtures::store("3", "심야식당")
        };
        Assortment {
            stores: vec![
                fixtures::store("1", "통닭집"),
                fixtures::store("2", "동네 피자"),
                closed,
            ],
            products: vec![ProductSnapshot {
                product_id: "1001".into(),
                store_id: "1".into(),
                product_name: "TV".into(),
                stock: 100,
                unit_price: None,
                changed_at: Utc::now(),
            }],
            product_price: 10_000,
            now: Utc::now(),
        }
    }

    fn read(fields: &[(&str, &str)]) -> Result<Basket, BasketError> {
        basket(&form(fields), &assortment())
    }

    #[test]
    fn dishes_and_products_become_order_lines_at_the_shown_prices() {
        let basket = read(&[
            ("key", "k"),
            ("dish-1-chicken", "2"),
            ("dish-1-mandu", ""),
            ("product-1001", "1"),
        ])
        .unwrap();
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
        assert_eq!(basket.store_id(), "1");
    }

    #[test]
    fn a_form_that_cannot_be_ordered_has_a_reason() {
        for (field, qty, error) in [
            ("dish-1-chicken", "0", BasketError::Empty),
            ("other", "1", BasketError::Empty),
            ("dish-1-chicken", "-1", BasketError::Quantity),
            ("dish-1-chicken", "100", BasketError::Quantity),
            ("dish-1-chicken", "many", BasketError::Quantity),
            ("dish-1-pizza", "1", BasketError::NotOffered),
            ("dish-9-chicken", "1", BasketError::NotOffered),
            ("dish-chicken", "1", BasketError::NotOffered),
            ("dish-1-mandu", "1", BasketError::SoldOut),
            ("dish-3-chicken", "1", BasketError::Closed),
            ("dish-3-mandu", "1", BasketError::Closed),
            ("product-9", "1", BasketError::NotOffered),
        ] {
            assert_eq!(read(&[(field, qty)]), Err(error), "{field}={qty}");
        }
    }

    #[test]
    fn products_cannot_be_ordered_while_their_store_is_closed() {
        let mut closed = assortment();
        closed.stores[0].open = false;
        let fields = form(&[("product-1001", "1")]);
        assert_eq!(basket(&fields, &closed), Err(BasketError::Closed));
        closed.stores.clear();
        assert!(
            basket(&fields, &closed).is_ok(),
            "nobody has said that it is closed"
        );
    }

    #[test]
    fn a_basket_is_for_the_store_of_everything_in_it() {
        for (chosen, store_id) in [
            (&["dish-1-chicken"][..], Ok("1")),
            (&["dish-2-chicken"], Ok("2")),
            (&["product-1001"], Ok("1")),
            (&["product-1001", "dish-1-chicken"], Ok("1")),
            (
                &["dish-1-chicken", "dish-2-chicken"],
                Err(BasketError::SeveralStores),
            ),
            (
                &["dish-2-chicken", "product-1001"],
                Err(BasketError::SeveralStores),
            ),
        ] {
            let fields: Vec<_> = chosen.iter().map(|field| (*field, "1")).collect();
            let basket = read(&fields);
            let read = basket.as_ref().map(Basket::store_id).map_err(|error| *error);
            assert_eq!(read, store_id, "{chosen:?}");
        }
        assert!(
            read(&[("dish-1-chicken", "1"), ("dish-2-chicken", "0")]).is_ok(),
            "what was not chosen is of no store"
        );
    }

    #[test]
    fn a_price_that_the_page_did_not_show_is_rejected() {
        for (field, price) in [("product-1001", "10000"), ("dish-2-chicken", "18000")] {
            for (shown, expected) in [(price, true), ("9000", false), ("", false), ("-1", false)] {
                let read = read(&[(field, "1"), (&price_field(field), shown)]);
                let is_read = read.is_ok();
                assert_eq!(is_read, expected, "{field} for {shown}: {read:?}");
                assert!(is_read || read == Err(BasketError::PriceChanged));
            }
        }
        // The price of an item that was not chosen does not matter.
        let fields = [
            ("dish-1-chicken", "1"),
            ("product-1001", "0"),
            ("price-product-1001", "1"),
        ];
        assert!(read(&fields).is_ok());
    }

    #[test]
    fn a_delivery_fee_that_the_page_did_not_show_is_rejected() {
        let mut assortment = assortment();
        assortment.stores[0].delivery_fee = 3_000;
        let read = |fields: &[(&str, &str)]| {
            let basket = basket(&form(fields), &assortment)?;
            Ok::<_, BasketError>(basket.delivery_fee())
        };
        for (shown, expected) in [
            ("3000", Ok(3_000)),
            ("0", Err(BasketError::PriceChanged)),
            ("", Err(BasketError::PriceChanged)),
        ] {
            assert_eq!(read(&[("dish-1-chicken", "1"), ("fee-1", shown)]), expected);
        }
        let of_another = [("dish-2-chicken", "1"), ("fee-1", "1"), ("fee-2", "0")];
        assert_eq!(read(&of_another), Ok(0), "only the fee of its own store matters");
    }

    #[test]
    fn a_store_delivers_from_its_minimum_on() {
        let mut assortment = assortment();
        assortment.stores[0].minimum_order = 36_000;
        let read = |quantity| basket(&form(&[("dish-1-chicken", quantity)]), &assortment);
        assert_eq!(read("1"), Err(BasketError::BelowMinimum));
        assert!(read("2").is_ok());
    }

    #[test]
    fn chosen_quantities_are_kept_for_the_next_submission() {
        let fields = form(&[
            ("dish-1-chicken", "2"),
            ("dish-1-mandu", "x"),
            ("dish-1-pajeon", "0"),
        ]);
        assert_eq!(chosen(&fields), Chosen::from([("dish-1-chicken".to_owned(), 2)]));
    }
}

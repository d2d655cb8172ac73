//! What a customer chose on the shop's page.

use crate::menu::MENU;
use fdp_contracts::{OrderLine, ProductSnapshot};
use std::collections::BTreeMap;

/// The most of one thing that a page takes.
pub const MOST: u32 = 99;

/// How many of each field of the form, as far as that could be read.
pub type Chosen = BTreeMap<String, u32>;

/// A basket that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    lines: Vec<OrderLine>,
}

/// Why a form makes no basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BasketError {
    /// Nothing was chosen.
    #[error("nothing was chosen")]
    Empty,
    /// A quantity is no whole number from 0 to [`MOST`].
    #[error("a quantity is not a whole number from 0 to {MOST}")]
    Quantity,
    /// Something was chosen that the store does not offer (any more).
    #[error("something was chosen that the store does not offer")]
    NotOffered,
    /// Something costs another price than the page showed.
    #[error("something costs another price than the page showed")]
    PriceChanged,
}

/// The form field of a dish.
pub fn dish_field(dish_id: &str) -> String {
    format!("dish-{dish_id}")
}

/// The form field of a product.
pub fn product_field(product_id: &str) -> String {
    format!("product-{product_id}")
}

/// The form field with the price that the page showed beside another `field`.
pub fn price_field(field: &str) -> String {
    format!("price-{field}")
}

/// Whether the page showed this price. A form without the field was made by no page of ours.
fn was_shown(fields: &[(String, String)], field: &str, price: u64) -> bool {
    let name = price_field(field);
    let shown = fields.iter().find(|(given, _)| *given == name);
    shown.is_none_or(|(_, shown)| shown.parse() == Ok(price))
}

/// The quantities in a form's fields; others (and quantities that cannot be read) are left out.
pub fn chosen(fields: &[(String, String)]) -> Chosen {
    quantities(fields)
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .filter(|(_, qty)| *qty > 0)
        .collect()
}

fn quantities(fields: &[(String, String)]) -> impl Iterator<Item = (&str, Option<u32>)> {
    fields
        .iter()
        .filter(|(name, _)| name.starts_with("dish-") || name.starts_with("product-"))
        .map(|(name, value)| {
            let qty = match value.trim() {
                "" => Some(0),
                number => number.parse().ok().filter(|qty| *qty <= MOST),
            };
            (name.as_str(), qty)
        })
}

impl Basket {
    /// Reads a form's fields against the menu and the `products` on sale, each at its price or at `product_price` won.
    ///
    /// # Errors
    /// See [`BasketError`].
    pub fn read(
        fields: &[(String, String)],
        products: &[ProductSnapshot],
        product_price: u64,
    ) -> Result<Self, BasketError> {
        let mut lines = Vec::new();
        for (field, qty) in quantities(fields) {
            let qty = qty.ok_or(BasketError::Quantity)?;
            if qty == 0 {
                continue;
            }
            let line = dish_line(field, qty)
                .or_else(|| product_line(field, qty, products, product_price))
                .ok_or(BasketError::NotOffered)?;
            if !was_shown(fields, field, line.unit_price) {
                return Err(BasketError::PriceChanged);
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(BasketError::Empty);
        }
        Ok(Self { lines })
    }

    /// What to order.
    pub fn lines(&self) -> &[OrderLine] {
        &self.lines
    }
}

fn dish_line(field: &str, qty: u32) -> Option<OrderLine> {
    let id = field.strip_prefix("dish-")?;
    let dish = MENU.iter().find(|dish| dish.id == id)?;
    Some(OrderLine {
        product_id: None,
        product_name: dish.korean.to_owned(),
        qty,
        unit_price: dish.price,
    })
}

fn product_line(field: &str, qty: u32, products: &[ProductSnapshot], price: u64) -> Option<OrderLine> {
    let id = field.strip_prefix("product-")?;
    let product = products.iter().find(|product| product.product_id == id)?;
    Some(OrderLine {
        product_id: Some(product.product_id.clone()),
        product_name: product.product_name.clone(),
        qty,
        unit_price: product.unit_price.unwrap_or(price),
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
    fn dishes_and_products_become_order_lines_with_the_prices_that_the_page_shows() {
        let fields = form(&[
            ("key", "k"),
            ("dish-chicken", "2"),
            ("dish-bibimbap", ""),
            ("product-1001", "1"),
        ]);
        let basket = Basket::read(&fields, &tv(), 10_000).unwrap();
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
    fn a_form_that_cannot_be_ordered_says_why() {
        for (field, qty, error) in [
            ("dish-chicken", "0", BasketError::Empty),
            ("other", "1", BasketError::Empty),
            ("dish-chicken", "-1", BasketError::Quantity),
            ("dish-chicken", "100", BasketError::Quantity),
            ("dish-chicken", "many", BasketError::Quantity),
            ("dish-pizza", "1", BasketError::NotOffered),
            ("product-9", "1", BasketError::NotOffered),
        ] {
            let read = Basket::read(&form(&[(field, qty)]), &tv(), 10_000);
            assert_eq!(read, Err(error), "{field}={qty}");
        }
    }

    #[test]
    fn nobody_orders_at_a_price_that_the_page_did_not_show() {
        for (shown, expected) in [("10000", true), ("9000", false), ("", false), ("-1", false)] {
            let fields = form(&[("product-1001", "1"), ("price-product-1001", shown)]);
            let read = Basket::read(&fields, &tv(), 10_000);
            let is_read = read.is_ok();
            assert_eq!(is_read, expected, "{shown}: {read:?}");
            assert!(is_read || read == Err(BasketError::PriceChanged));
        }
        // What was not chosen may cost what it likes.
        let fields = form(&[
            ("dish-chicken", "1"),
            ("product-1001", "0"),
            ("price-product-1001", "1"),
        ]);
        assert!(Basket::read(&fields, &tv(), 10_000).is_ok());
    }

    #[test]
    fn what_was_chosen_is_kept_for_the_next_try() {
        let fields = form(&[("dish-chicken", "2"), ("dish-mandu", "x"), ("dish-pajeon", "0")]);
        assert_eq!(chosen(&fields), Chosen::from([("dish-chicken".to_owned(), 2)]));
    }
}

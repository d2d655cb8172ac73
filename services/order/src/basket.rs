//! What a customer wants to order, and the priced basket that comes of it.

use fdp_contracts::OrderLine;
use serde::{Deserialize, Serialize};

const MOST_LINES: usize = 100;
const MOST_OF_ONE: u32 = 1_000;
/// In won. With the two limits above no amount can overflow.
const HIGHEST_PRICE: u64 = 1_000_000_000;
/// In characters.
const LONGEST_TEXT: usize = 200;
const DEFAULT_CUSTOMER: &str = "guest";
const DEFAULT_STORE: &str = "1";

/// What a customer asks for; much of it may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Who orders; "guest" if left out.
    pub customer_id: Option<String>,
    /// Who cooks; store "1" if left out.
    pub store_id: Option<String>,
    /// What is ordered.
    pub lines: Vec<WishedLine>,
}

/// One thing that a customer asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishedLine {
    /// The stocked product; none for a dish.
    pub product_id: Option<String>,
    /// What the customer reads; the product's id if left out.
    pub name: Option<String>,
    /// How many; 1 if left out.
    pub qty: Option<u32>,
    /// Price of one in won; the shop's default if left out.
    pub unit_price: Option<u64>,
}

/// Something that can be ordered as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Who orders.
    pub customer_id: String,
    /// Who cooks.
    pub store_id: String,
    /// At least one.
    pub lines: Vec<OrderLine>,
    /// To pay, in won.
    pub amount: u64,
}

/// Why a wish cannot be ordered, in words for the customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrder {
    /// No lines.
    #[error("nothing is ordered: send an item, a productName, a productId, or lines with them")]
    Empty,
    /// Too many lines.
    #[error("an order has at most {MOST_LINES} lines, and this one has {0}")]
    TooManyLines(usize),
    /// A line with neither name nor id.
    #[error("line {line} names nothing: it needs an item, a productName or a productId")]
    Nameless {
        /// Counted from 1.
        line: usize,
    },
    /// None, or too many.
    #[error("qty of '{name}' is {qty}; it has to be 1 to {MOST_OF_ONE}")]
    Quantity {
        /// Of what.
        name: String,
        /// How many.
        qty: u32,
    },
    /// Too dear.
    #[error("unitPrice of '{name}' is {price} won; it can be at most {HIGHEST_PRICE}")]
    Price {
        /// Of what.
        name: String,
        /// In won.
        price: u64,
    },
    /// A name or id that is no name or id.
    #[error("{field} is longer than {LONGEST_TEXT} characters")]
    TooLong {
        /// Which.
        field: &'static str,
    },
    /// PostgreSQL could not keep it, and nobody types it.
    #[error("{field} holds a control character")]
    ControlCharacter {
        /// Which.
        field: &'static str,
    },
    /// An order that costs nothing cannot be paid.
    #[error("the whole order costs 0 won; an order has to cost something")]
    Free,
}

impl Wish {
    /// Fills in what was left out, with `default_unit_price` in won, and adds up.
    ///
    /// # Errors
    /// When nothing, too much, or something nameless is ordered.
    pub fn into_basket(self, default_unit_price: u64) -> Result<Basket, InvalidOrder> {
        if self.lines.is_empty() {
            return Err(InvalidOrder::Empty);
        }
        if self.lines.len() > MOST_LINES {
            return Err(InvalidOrder::TooManyLines(self.lines.len()));
        }
        let lines: Vec<OrderLine> = self
            .lines
            .into_iter()
            .zip(1..)
            .map(|(line, number)| line.into_order_line(number, default_unit_price))
            .collect::<Result<_, _>>()?;
        let amount = lines
            .iter()
            .map(|line| u64::from(line.qty) * line.unit_price)
            .sum();
        if amount == 0 {
            return Err(InvalidOrder::Free);
        }
        Ok(Basket {
            customer_id: text("customerId", self.customer_id)?.unwrap_or_else(|| DEFAULT_CUSTOMER.to_owned()),
            store_id: text("storeId", self.store_id)?.unwrap_or_else(|| DEFAULT_STORE.to_owned()),
            lines,
            amount,
        })
    }
}

impl WishedLine {
    fn into_order_line(self, line: usize, default_unit_price: u64) -> Result<OrderLine, InvalidOrder> {
        let product_id = text("productId", self.product_id)?;
        let product_name = text("productName", self.name)?
            .or_else(|| product_id.clone())
            .ok_or(InvalidOrder::Nameless { line })?;
        let qty = self.qty.unwrap_or(1);
        if qty == 0 || qty > MOST_OF_ONE {
            return Err(InvalidOrder::Quantity {
                name: product_name,
                qty,
            });
        }
        let unit_price = self.unit_price.unwrap_or(default_unit_price);
        if unit_price > HIGHEST_PRICE {
            return Err(InvalidOrder::Price {
                name: product_name,
                price: unit_price,
            });
        }
        Ok(OrderLine {
            product_id,
            product_name,
            qty,
            unit_price,
        })
    }
}

fn text(field: &'static str, value: Option<String>) -> Result<Option<String>, InvalidOrder> {
    let Some(value) = value else { return Ok(None) };
    if value.chars().count() > LONGEST_TEXT {
        return Err(InvalidOrder::TooLong { field });
    }
    if value.chars().any(char::is_control) {
        return Err(InvalidOrder::ControlCharacter { field });
    }
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wish(lines: Vec<WishedLine>) -> Wish {
        Wish {
            lines,
            ..Wish::default()
        }
    }

    fn named(name: &str) -> WishedLine {
        WishedLine {
            name: Some(name.into()),
            ..WishedLine::default()
        }
    }

    #[test]
    fn a_dish_alone_is_enough() {
        let basket = wish(vec![named("통닭")]).into_basket(10_000).unwrap();
        assert_eq!(
            (basket.customer_id.as_str(), basket.store_id.as_str()),
            ("guest", "1")
        );
        assert_eq!((basket.amount, basket.lines[0].qty), (10_000, 1));
    }

    #[test]
    fn what_cannot_be_ordered_is_refused_with_the_cure() {
        let too_many = WishedLine {
            qty: Some(1_001),
            ..named("TV")
        };
        let none = WishedLine {
            qty: Some(0),
            ..named("TV")
        };
        let free = WishedLine {
            unit_price: Some(0),
            ..named("water")
        };
        for (lines, words) in [
            (vec![], "nothing is ordered"),
            (vec![named("a"), WishedLine::default()], "line 2 names nothing"),
            (vec![too_many], "1 to 1000"),
            (vec![none], "1 to 1000"),
            (vec![named(&"x".repeat(201))], "longer than 200"),
            (vec![named("a\0b")], "control character"),
            (vec![free], "cost something"),
            (vec![named("a"); 101], "at most 100 lines"),
        ] {
            let error = wish(lines).into_basket(10_000).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn the_amount_is_the_sum_of_the_lines(
            lines in proptest::collection::vec((1..=MOST_OF_ONE, 1..=HIGHEST_PRICE), 1..=MOST_LINES)
        ) {
            let wished = lines.iter().map(|(qty, price)| WishedLine {
                qty: Some(*qty),
                unit_price: Some(*price),
                ..named("TV")
            });
            let basket = wish(wished.collect()).into_basket(1).unwrap();
            let sum: u64 = lines.iter().map(|(qty, price)| u64::from(*qty) * price).sum();
            prop_assert_eq!(basket.amount, sum);
            prop_assert!(i64::try_from(sum).is_ok());
        }
    }
}

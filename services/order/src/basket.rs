//! What a customer wants to order, and the priced basket that comes of it.

use fdp_contracts::{InvalidText, OrderLine, check_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MOST_LINES: usize = 100;
const MOST_OF_ONE: u32 = 1_000;
/// In won. With the two limits above no amount can overflow.
const HIGHEST_PRICE: u64 = 1_000_000_000;
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
    /// Price of one in won, as the customer was told it. For a product that has a price it must be that one.
    pub unit_price: Option<u64>,
}

/// What things cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceList {
    /// Price of one in won, by product.
    pub products: BTreeMap<String, u64>,
    /// Price of one in won of what is in no list, unless its customer names one.
    pub otherwise: u64,
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
    /// The customer was told another price than the one that is charged.
    #[error("'{name}' costs {price} won now, not {told}; order again with that unitPrice, or with none")]
    PriceChanged {
        /// Of what.
        name: String,
        /// What the order says, in won.
        told: u64,
        /// What it costs, in won.
        price: u64,
    },
    /// A name or id that is no name or id.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// An order that costs nothing cannot be paid.
    #[error("the whole order costs 0 won; an order has to cost something")]
    Free,
}

impl InvalidOrder {
    /// Whether the same wish could be ordered at other prices.
    pub fn depends_on_prices(&self) -> bool {
        matches!(self, Self::Price { .. } | Self::PriceChanged { .. } | Self::Free)
    }
}

impl Wish {
    /// Who orders.
    pub fn customer_id(&self) -> &str {
        self.customer_id.as_deref().unwrap_or(DEFAULT_CUSTOMER)
    }

    /// The products that it names, as far as an order can name them.
    pub fn product_ids(&self) -> Vec<String> {
        let lines = self.lines.iter().take(MOST_LINES);
        let named = lines.filter_map(|line| line.product_id.clone());
        named.filter(|id| check_text("productId", id).is_ok()).collect()
    }

    /// Looks whether every name and id on it is one.
    fn check_texts(&self) -> Result<(), InvalidText> {
        let of_lines = self
            .lines
            .iter()
            .flat_map(|line| [("productId", &line.product_id), ("productName", &line.name)]);
        let of_order = [("customerId", &self.customer_id), ("storeId", &self.store_id)];
        of_lines
            .chain(of_order)
            .filter_map(|(field, text)| Some((field, text.as_deref()?)))
            .try_for_each(|(field, text)| check_text(field, text))
    }

    /// Fills in what was left out, with the prices of `list`, and adds up.
    ///
    /// # Errors
    /// When nothing, too much, or something nameless is ordered, or at another price.
    pub fn into_basket(self, list: &PriceList) -> Result<Basket, InvalidOrder> {
        if self.lines.is_empty() {
            return Err(InvalidOrder::Empty);
        }
        if self.lines.len() > MOST_LINES {
            return Err(InvalidOrder::TooManyLines(self.lines.len()));
        }
        // Before the prices: what could not be kept is refused whatever it costs.
        self.check_texts()?;
        let customer_id = self.customer_id().to_owned();
        let lines: Vec<OrderLine> = self
            .lines
            .into_iter()
            .zip(1..)
            .map(|(line, number)| line.into_order_line(number, list))
            .collect::<Result<_, _>>()?;
        let amount = lines
            .iter()
            .map(|line| u64::from(line.qty) * line.unit_price)
            .sum();
        if amount == 0 {
            return Err(InvalidOrder::Free);
        }
        Ok(Basket {
            customer_id,
            store_id: self.store_id.unwrap_or_else(|| DEFAULT_STORE.to_owned()),
            lines,
            amount,
        })
    }
}

impl WishedLine {
    fn into_order_line(self, line: usize, list: &PriceList) -> Result<OrderLine, InvalidOrder> {
        let product_id = self.product_id;
        let product_name = self
            .name
            .or_else(|| product_id.clone())
            .ok_or(InvalidOrder::Nameless { line })?;
        let qty = self.qty.unwrap_or(1);
        if qty == 0 || qty > MOST_OF_ONE {
            return Err(InvalidOrder::Quantity {
                name: product_name,
                qty,
            });
        }
        let listed = product_id.as_ref().and_then(|id| list.products.get(id)).copied();
        let unit_price = match (listed, self.unit_price) {
            // What a thing costs is not for its customer to say, and nobody pays more than they were told.
            (Some(price), Some(told)) if price != told => {
                return Err(InvalidOrder::PriceChanged {
                    name: product_name,
                    told,
                    price,
                });
            }
            (listed, told) => listed.or(told).unwrap_or(list.otherwise),
        };
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

    fn all_cost(otherwise: u64) -> PriceList {
        PriceList {
            otherwise,
            ..PriceList::default()
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
        let basket = wish(vec![named("통닭")]).into_basket(&all_cost(10_000)).unwrap();
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
            let error = wish(lines)
                .into_basket(&all_cost(10_000))
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_product_costs_what_the_list_says_and_nobody_is_charged_another_price_than_they_were_told() {
        let list = PriceList {
            products: BTreeMap::from([("1001".to_owned(), 300)]),
            otherwise: 10_000,
        };
        let order = |product_id: &str, unit_price| {
            let line = WishedLine {
                product_id: Some(product_id.into()),
                unit_price,
                ..WishedLine::default()
            };
            wish(vec![line]).into_basket(&list).map(|basket| basket.amount)
        };
        assert_eq!(order("1001", None), Ok(300));
        assert_eq!(order("1001", Some(300)), Ok(300));
        assert!(matches!(
            order("1001", Some(1)),
            Err(InvalidOrder::PriceChanged { price: 300, .. })
        ));
        assert_eq!((order("1002", Some(1)), order("1002", None)), (Ok(1), Ok(10_000)));
    }

    #[test]
    fn prices_are_asked_only_of_what_an_order_can_name() {
        let product = |id: &str| WishedLine {
            product_id: Some(id.into()),
            ..WishedLine::default()
        };
        let asked = wish(vec![
            product("1001"),
            product("a\0"),
            product(&"x".repeat(201)),
            named("통닭"),
        ]);
        assert_eq!(asked.product_ids(), ["1001"]);
        let error = asked.into_basket(&all_cost(1)).unwrap_err();
        assert!(matches!(error, InvalidOrder::Text(_)), "{error}");
    }

    #[test]
    fn only_prices_that_change_make_a_wish_good_again() {
        let line = WishedLine {
            product_id: Some("1001".into()),
            unit_price: Some(1),
            ..WishedLine::default()
        };
        let list = PriceList {
            products: BTreeMap::from([("1001".to_owned(), 300)]),
            otherwise: 1,
        };
        let changed = wish(vec![line]).into_basket(&list).unwrap_err();
        assert!(changed.depends_on_prices(), "{changed}");
        let free = wish(vec![named("water")]).into_basket(&all_cost(0)).unwrap_err();
        assert!(free.depends_on_prices(), "{free}");
        let empty = wish(vec![]).into_basket(&all_cost(1)).unwrap_err();
        assert!(!empty.depends_on_prices(), "{empty}");
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
            let basket = wish(wished.collect()).into_basket(&all_cost(1)).unwrap();
            let sum: u64 = lines.iter().map(|(qty, price)| u64::from(*qty) * price).sum();
            prop_assert_eq!(basket.amount, sum);
            prop_assert!(i64::try_from(sum).is_ok());
        }
    }
}

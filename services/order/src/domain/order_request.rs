//! What a customer wants to order, and how it becomes a priced basket.

use crate::domain::invalid_order::{MAX_LINES, MAX_PRICE, MAX_QUANTITY};
use crate::domain::{Basket, InvalidOrder, PriceList};
use fdp_contracts::{InvalidText, OrderLine, check_text};
use serde::{Deserialize, Serialize};

const DEFAULT_CUSTOMER: &str = "guest";
const DEFAULT_STORE: &str = "1";

/// What a customer wants to order; most of it is optional. Stored with an `Idempotency-Key`, so the field names are
/// fixed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRequest {
    /// The customer who orders; "guest" if left out.
    pub customer_id: Option<String>,
    /// The store that prepares the order; "1" if left out.
    pub store_id: Option<String>,
    /// The ordered dishes and products.
    pub lines: Vec<OrderRequestLine>,
}

/// One dish or product that a customer wants to order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRequestLine {
    /// The stocked product; none for a dish.
    pub product_id: Option<String>,
    /// The displayed name; the product's id if left out.
    pub name: Option<String>,
    /// The quantity; 1 if left out.
    pub qty: Option<u32>,
    /// The unit price in won that the customer expects. For a product that has a price, it has to be that price.
    pub unit_price: Option<u64>,
}

impl OrderRequest {
    /// The customer who orders.
    pub fn customer_id(&self) -> &str {
        self.customer_id.as_deref().unwrap_or(DEFAULT_CUSTOMER)
    }

    /// The ids of the products in the request, without invalid ones.
    pub fn product_ids(&self) -> Vec<String> {
        let lines = self.lines.iter().take(MAX_LINES);
        let named = lines.filter_map(|line| line.product_id.clone());
        named.filter(|id| check_text("productId", id).is_ok()).collect()
    }

    /// Checks every name and every id.
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

    /// Fills in what was left out, applies the prices of `list`, and computes the total.
    ///
    /// # Errors
    /// When the request is invalid.
    pub fn into_basket(self, list: &PriceList) -> Result<Basket, InvalidOrder> {
        if self.lines.is_empty() {
            return Err(InvalidOrder::Empty);
        }
        if self.lines.len() > MAX_LINES {
            return Err(InvalidOrder::TooManyLines(self.lines.len()));
        }
        // Checked before the prices: an invalid text is rejected whatever the prices are.
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

impl OrderRequestLine {
    fn into_order_line(self, line: usize, list: &PriceList) -> Result<OrderLine, InvalidOrder> {
        let product_id = self.product_id;
        let product_name = self
            .name
            .or_else(|| product_id.clone())
            .ok_or(InvalidOrder::Nameless { line })?;
        let qty = self.qty.unwrap_or(1);
        if qty == 0 || qty > MAX_QUANTITY {
            return Err(InvalidOrder::Quantity {
                name: product_name,
                qty,
            });
        }
        let listed = product_id.as_ref().and_then(|id| list.products.get(id)).copied();
        let unit_price = match (listed, self.unit_price) {
            // The customer does not set the price, and never pays another price than the expected one.
            (Some(price), Some(told)) if price != told => {
                return Err(InvalidOrder::PriceChanged {
                    name: product_name,
                    told,
                    price,
                });
            }
            (listed, told) => listed.or(told).unwrap_or(list.default),
        };
        if unit_price > MAX_PRICE {
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
    use std::collections::BTreeMap;

    fn request(lines: Vec<OrderRequestLine>) -> OrderRequest {
        OrderRequest {
            lines,
            ..OrderRequest::default()
        }
    }

    fn all_cost(default: u64) -> PriceList {
        PriceList {
            default,
            ..PriceList::default()
        }
    }

    fn named(name: &str) -> OrderRequestLine {
        OrderRequestLine {
            name: Some(name.into()),
            ..OrderRequestLine::default()
        }
    }

    #[test]
    fn a_dish_alone_is_enough() {
        let basket = request(vec![named("통닭")])
            .into_basket(&all_cost(10_000))
            .unwrap();
        assert_eq!(
            (basket.customer_id.as_str(), basket.store_id.as_str()),
            ("guest", "1")
        );
        assert_eq!((basket.amount, basket.lines[0].qty), (10_000, 1));
    }

    #[test]
    fn an_invalid_request_is_rejected_with_the_remedy() {
        let too_many = OrderRequestLine {
            qty: Some(1_001),
            ..named("TV")
        };
        let none = OrderRequestLine {
            qty: Some(0),
            ..named("TV")
        };
        let free = OrderRequestLine {
            unit_price: Some(0),
            ..named("water")
        };
        for (lines, expected) in [
            (vec![], "nothing is ordered"),
            (
                vec![named("a"), OrderRequestLine::default()],
                "line 2 names nothing",
            ),
            (vec![too_many], "1 to 1000"),
            (vec![none], "1 to 1000"),
            (vec![named(&"x".repeat(201))], "longer than 200"),
            (vec![named("a\0b")], "control character"),
            (vec![free], "cost something"),
            (vec![named("a"); 101], "at most 100 lines"),
        ] {
            let error = request(lines)
                .into_basket(&all_cost(10_000))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_list_sets_the_price_and_another_expected_price_is_rejected() {
        let list = PriceList {
            products: BTreeMap::from([("1001".to_owned(), 300)]),
            default: 10_000,
        };
        let order = |product_id: &str, unit_price| {
            let line = OrderRequestLine {
                product_id: Some(product_id.into()),
                unit_price,
                ..OrderRequestLine::default()
            };
            request(vec![line]).into_basket(&list).map(|basket| basket.amount)
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
    fn prices_are_read_for_valid_product_ids_only() {
        let product = |id: &str| OrderRequestLine {
            product_id: Some(id.into()),
            ..OrderRequestLine::default()
        };
        let request = request(vec![
            product("1001"),
            product("a\0"),
            product(&"x".repeat(201)),
            named("통닭"),
        ]);
        assert_eq!(request.product_ids(), ["1001"]);
        let error = request.into_basket(&all_cost(1)).unwrap_err();
        assert!(matches!(error, InvalidOrder::Text(_)), "{error}");
    }

    #[test]
    fn only_price_errors_depend_on_prices() {
        let line = OrderRequestLine {
            product_id: Some("1001".into()),
            unit_price: Some(1),
            ..OrderRequestLine::default()
        };
        let list = PriceList {
            products: BTreeMap::from([("1001".to_owned(), 300)]),
            default: 1,
        };
        let changed = request(vec![line]).into_basket(&list).unwrap_err();
        assert!(changed.depends_on_prices(), "{changed}");
        let free = request(vec![named("water")])
            .into_basket(&all_cost(0))
            .unwrap_err();
        assert!(free.depends_on_prices(), "{free}");
        let empty = request(vec![]).into_basket(&all_cost(1)).unwrap_err();
        assert!(!empty.depends_on_prices(), "{empty}");
    }

    proptest! {
        #[test]
        fn the_amount_is_the_sum_of_the_lines(
            lines in proptest::collection::vec((1..=MAX_QUANTITY, 1..=MAX_PRICE), 1..=MAX_LINES)
        ) {
            let requested = lines.iter().map(|(qty, price)| OrderRequestLine {
                qty: Some(*qty),
                unit_price: Some(*price),
                ..named("TV")
            });
            let basket = request(requested.collect()).into_basket(&all_cost(1)).unwrap();
            let sum: u64 = lines.iter().map(|(qty, price)| u64::from(*qty) * price).sum();
            prop_assert_eq!(basket.amount, sum);
            prop_assert!(i64::try_from(sum).is_ok());
        }
    }
}

//! What a customer wants to order, and how it becomes a priced basket.

use crate::domain::invalid_order::{MAX_LINES, MAX_PRICE, MAX_QUANTITY};
use crate::domain::{Basket, InvalidOrder, KnownProduct, PriceList, Recipient};
use fdp_contracts::{InvalidText, OrderLine, check_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// The delivery fee in won that the customer expects; it has to be the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_fee: Option<u64>,
    /// Whom the order goes to, if the customer says so. It has a record of its own and is never stored here.
    #[serde(skip)]
    pub deliver_to: Option<Recipient>,
    /// In its place, what tells it from another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_to_digest: Option<String>,
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
    /// The unit price in won that the customer expects; it has to be the current one.
    pub unit_price: Option<u64>,
}

impl OrderRequest {
    /// The customer who orders.
    pub fn customer_id(&self) -> &str {
        self.customer_id.as_deref().unwrap_or(DEFAULT_CUSTOMER)
    }

    /// The store that prepares the order: the one that it names, else the one that sells its first product, else the first.
    pub fn store_id<'a>(&'a self, products: &'a BTreeMap<String, KnownProduct>) -> &'a str {
        let product_ids = self.lines.iter().filter_map(|line| line.product_id.as_ref());
        let mut sellers = product_ids.filter_map(|id| products.get(id)?.store_id.as_deref());
        let named = self.store_id.as_deref();
        named.or_else(|| sellers.next()).unwrap_or(DEFAULT_STORE)
    }

    /// The ids of the products in the request.
    pub fn product_ids(&self) -> Vec<String> {
        self.lines
            .iter()
            .filter_map(|line| line.product_id.clone())
            .collect()
    }

    /// The request as it is stored, without the recipient, and the recipient.
    #[must_use]
    pub fn without_recipient(self) -> (Self, Option<Recipient>) {
        let request = Self {
            deliver_to: None,
            deliver_to_digest: self.deliver_to.as_ref().map(Recipient::digest),
            ..self
        };
        (request, self.deliver_to)
    }

    /// Checks what is right or wrong whatever the prices are.
    ///
    /// # Errors
    /// When it has no lines or too many, a text is invalid, or nothing can be delivered to the recipient.
    pub fn check(&self) -> Result<(), InvalidOrder> {
        if self.lines.is_empty() {
            return Err(InvalidOrder::Empty);
        }
        if self.lines.len() > MAX_LINES {
            return Err(InvalidOrder::TooManyLines(self.lines.len()));
        }
        if let Some(recipient) = &self.deliver_to {
            recipient.check()?;
        }
        Ok(self.check_texts()?)
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
        self.check()?;
        let customer_id = self.customer_id().to_owned();
        let lines: Vec<OrderLine> = self
            .lines
            .into_iter()
            .zip(1..)
            .map(|(line, number)| line.into_order_line(number, list))
            .collect::<Result<_, _>>()?;
        let items: u64 = lines
            .iter()
            .map(|line| u64::from(line.qty) * line.unit_price)
            .sum();
        if items == 0 {
            return Err(InvalidOrder::Free);
        }
        let store = &list.store;
        if items < store.minimum_order {
            return Err(InvalidOrder::BelowMinimum {
                store_id: store.store_id.clone(),
                minimum: store.minimum_order,
                items,
            });
        }
        if let Some(told) = self.delivery_fee.filter(|told| *told != store.delivery_fee) {
            return Err(InvalidOrder::FeeChanged {
                told,
                fee: store.delivery_fee,
            });
        }
        Ok(Basket {
            customer_id,
            store_id: store.store_id.clone(),
            lines,
            delivery_fee: store.delivery_fee,
            store_version: store.version,
            amount: items + store.delivery_fee,
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
        // Everybody reads the name that its owner gives it, however it was asked for.
        let (product_name, unit_price) = if let Some(id) = &product_id {
            let (product, price) = list.product(id)?;
            (product.name.clone().unwrap_or(product_name), price)
        } else {
            let dish = list.dish(&product_name)?;
            (dish.name.clone(), dish.price)
        };
        // The customer does not set the price, and never pays another price than the expected one.
        if let Some(told) = self.unit_price.filter(|told| *told != unit_price) {
            return Err(InvalidOrder::PriceChanged {
                name: product_name,
                told,
                price: unit_price,
            });
        }
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
    use crate::domain::fixtures::{dish, price_list, product};
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    fn request(lines: Vec<OrderRequestLine>) -> OrderRequest {
        OrderRequest {
            lines,
            ..OrderRequest::default()
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
        let basket = request(vec![named("통닭")]).into_basket(&price_list()).unwrap();
        assert_eq!(
            (basket.customer_id.as_str(), basket.store_id.as_str()),
            ("guest", "1")
        );
        assert_eq!((basket.amount, basket.lines[0].qty), (18_000, 1));
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
        for (lines, expected) in [
            (vec![], "nothing is ordered"),
            (
                vec![named("통닭"), OrderRequestLine::default()],
                "line 2 names nothing",
            ),
            (vec![too_many], "1 to 1000"),
            (vec![none], "1 to 1000"),
            (vec![named(&"x".repeat(201))], "longer than 200"),
            (vec![named("a\0b")], "control character"),
            (vec![named("water")], "cost something"),
            (vec![named("a"); 101], "at most 100 lines"),
        ] {
            let error = request(lines).into_basket(&price_list()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_list_sets_the_price_and_another_expected_price_is_rejected() {
        let list = PriceList {
            products: BTreeMap::from([product("1001", Some(300)), product("1002", None)]),
            ..price_list()
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
        assert_eq!(order("1002", None), Ok(10_000));
        assert!(matches!(
            order("1002", Some(1)),
            Err(InvalidOrder::PriceChanged { price: 10_000, .. })
        ));
        let unknown = order("1003", None).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "there is no product '1003'; GET /inventories has those that there are"
        );
        assert!(unknown.may_be_too_early() && unknown.depends_on_prices());
    }

    #[test]
    fn an_order_is_for_the_store_that_sells_its_products() {
        let of_store = |product_id: &str, store_id: &str| {
            let (id, known) = product(product_id, None);
            let store_id = Some(store_id.to_owned());
            (id, KnownProduct { store_id, ..known })
        };
        let products = BTreeMap::from([of_store("7", "2"), of_store("8", "3")]);
        let order = |store_id: Option<&str>, product_id: &str| OrderRequest {
            store_id: store_id.map(str::to_owned),
            ..request(vec![OrderRequestLine {
                product_id: Some(product_id.into()),
                ..OrderRequestLine::default()
            }])
        };
        assert_eq!(order(None, "7").store_id(&products), "2");
        assert_eq!(order(Some("1"), "7").store_id(&products), "1");
        assert_eq!(order(None, "9").store_id(&products), "1");
        let list = PriceList {
            products,
            ..price_list()
        };
        let refused = order(Some("1"), "7").into_basket(&list).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "store 2 sells product 7, and not store 1; one order is for one store"
        );
    }

    #[test]
    fn a_product_is_called_what_the_inventory_calls_it() {
        let called = |name: Option<&str>| {
            let line = OrderRequestLine {
                product_id: Some("2001".into()),
                ..named("free money at evil.example")
            };
            let known = KnownProduct {
                name: name.map(str::to_owned),
                ..KnownProduct::default()
            };
            let list = PriceList {
                products: BTreeMap::from([("2001".to_owned(), known)]),
                ..price_list()
            };
            let basket = request(vec![line]).into_basket(&list).unwrap();
            basket.lines[0].product_name.clone()
        };
        assert_eq!(called(Some("Radio")), "Radio");
        assert_eq!(
            called(None),
            "free money at evil.example",
            "as in an earlier release"
        );
    }

    #[test]
    fn the_store_sets_the_price_of_a_dish_whatever_the_customer_says() {
        let order = |name: &str, unit_price| {
            let line = OrderRequestLine {
                unit_price,
                ..named(name)
            };
            request(vec![line]).into_basket(&price_list())
        };
        for name in ["통닭", "chicken", "whole fried Chicken"] {
            let basket = order(name, None).unwrap();
            assert_eq!(
                (basket.amount, basket.lines[0].product_name.as_str()),
                (18_000, "통닭")
            );
        }
        assert_eq!(order("통닭", Some(18_000)).unwrap().amount, 18_000);
        assert!(matches!(
            order("통닭", Some(1)),
            Err(InvalidOrder::PriceChanged {
                price: 18_000,
                told: 1,
                ..
            })
        ));
    }

    #[test]
    fn what_the_store_does_not_offer_cannot_be_ordered() {
        let order = |name: &str| request(vec![named(name)]).into_basket(&price_list()).unwrap_err();
        let unknown = order("free money");
        assert_eq!(
            unknown.to_string(),
            "store 1 does not offer 'free money'; GET /stores/1/menu has what it offers"
        );
        let sold_out = order("mandu");
        assert_eq!(sold_out.to_string(), "'왕만두' is sold out");
        assert!(unknown.depends_on_prices() && sold_out.depends_on_prices());
    }

    #[test]
    fn what_is_sold_out_until_a_time_can_be_ordered_then() {
        let until: DateTime<Utc> = "2026-05-05T12:00:00Z".parse().unwrap();
        let order = |at| {
            let mut list = PriceList { at, ..price_list() };
            list.store.menu[0].sold_out_until = Some(until);
            request(vec![named("통닭")]).into_basket(&list)
        };
        let early = order(until - TimeDelta::seconds(1)).unwrap_err();
        assert_eq!(
            early.to_string(),
            "'통닭' is sold out until 2026-05-05T12:00:00+00:00"
        );
        assert!(order(until).is_ok());
    }

    #[test]
    fn the_store_sets_the_delivery_fee_and_the_least_that_an_order_comes_to() {
        let mut list = price_list();
        list.store.delivery_fee = 3_000;
        list.store.minimum_order = 18_000;
        let order = |qty, delivery_fee| {
            let product = OrderRequestLine {
                product_id: Some("1001".into()),
                qty: Some(qty),
                ..OrderRequestLine::default()
            };
            let request = OrderRequest {
                delivery_fee,
                ..request(vec![product])
            };
            request.into_basket(&list)
        };
        let small = order(1, None).unwrap_err();
        assert_eq!(
            small.to_string(),
            "store 1 delivers from 18000 won, and this order has items for 10000; add something"
        );
        let basket = order(2, Some(3_000)).unwrap();
        assert_eq!((basket.delivery_fee, basket.amount), (3_000, 23_000));
        assert_eq!(order(2, None).unwrap().store_version, 3);
        let changed = order(2, Some(0)).unwrap_err();
        assert_eq!(
            changed.to_string(),
            "delivery costs 3000 won now, not 0; order again with that deliveryFee, or with none"
        );
        assert!(small.depends_on_prices() && changed.depends_on_prices());
    }

    #[test]
    fn only_price_errors_depend_on_prices() {
        let line = OrderRequestLine {
            product_id: Some("1001".into()),
            unit_price: Some(1),
            ..OrderRequestLine::default()
        };
        let list = PriceList {
            products: BTreeMap::from([product("1001", Some(300))]),
            ..price_list()
        };
        let changed = request(vec![line]).into_basket(&list).unwrap_err();
        assert!(changed.depends_on_prices(), "{changed}");
        let free = request(vec![named("water")])
            .into_basket(&price_list())
            .unwrap_err();
        assert!(free.depends_on_prices(), "{free}");
        let empty = request(vec![]).into_basket(&price_list()).unwrap_err();
        assert!(!empty.depends_on_prices(), "{empty}");
    }

    proptest! {
        #[test]
        fn the_amount_is_the_sum_of_the_lines(
            lines in proptest::collection::vec((1..=MAX_QUANTITY, 1..=MAX_PRICE), 1..=MAX_LINES)
        ) {
            let mut list = price_list();
            let dishes = lines.iter().enumerate();
            list.store.menu = dishes.map(|(number, (_, price))| dish(&format!("dish {number}"), *price)).collect();
            let requested = lines.iter().enumerate().map(|(number, (qty, _))| OrderRequestLine {
                qty: Some(*qty),
                ..named(&format!("dish {number}"))
            });
            let basket = request(requested.collect()).into_basket(&list).unwrap();
            let sum: u64 = lines.iter().map(|(qty, price)| u64::from(*qty) * price).sum();
            prop_assert_eq!(basket.amount, sum);
            prop_assert!(i64::try_from(sum).is_ok());
        }
    }
}

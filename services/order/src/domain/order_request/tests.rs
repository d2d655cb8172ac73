//! Tests how a request becomes a basket.

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

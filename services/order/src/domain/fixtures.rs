//! What a store offers, and what is ordered from it, for tests.

use crate::domain::{KnownProduct, Order, OrderRequest, OrderRequestLine, PriceList, Recipient};
use chrono::{DateTime, Utc};
use fdp_contracts::{MenuItemSnapshot, OrderId, StoreSnapshot};
use std::collections::BTreeMap;

/// A dish without an English name that can be ordered, whose id is its name.
pub(crate) fn dish(name: &str, price: u64) -> MenuItemSnapshot {
    MenuItemSnapshot {
        item_id: name.to_owned(),
        name: name.to_owned(),
        name_in_english: None,
        description: None,
        description_in_english: None,
        picture: None,
        price,
        available: true,
        sold_out_until: None,
    }
}

/// Store 1 with a dish, one that costs nothing, and one that is sold out.
pub(crate) fn store() -> StoreSnapshot {
    StoreSnapshot {
        store_id: "1".to_owned(),
        name: "우리동네 통닭".to_owned(),
        version: 3,
        open: true,
        hours: None,
        paused_until: None,
        minimum_order: 0,
        delivery_fee: 0,
        menu: vec![
            MenuItemSnapshot {
                item_id: "chicken".to_owned(),
                name_in_english: Some("Whole fried chicken".to_owned()),
                ..dish("통닭", 18_000)
            },
            dish("water", 0),
            MenuItemSnapshot {
                item_id: "mandu".to_owned(),
                available: false,
                ..dish("왕만두", 8_000)
            },
        ],
        changed_at: DateTime::UNIX_EPOCH,
    }
}

/// A product that is called TV.
pub(crate) fn product(product_id: &str, unit_price: Option<u64>) -> (String, KnownProduct) {
    let known = KnownProduct {
        name: Some("TV".to_owned()),
        store_id: Some("1".to_owned()),
        unit_price,
        stock: Some(10),
    };
    (product_id.to_owned(), known)
}

/// The prices of that store; product 1001 has none of its own, and costs 10,000 won.
pub(crate) fn price_list() -> PriceList {
    PriceList {
        at: DateTime::UNIX_EPOCH,
        store: store(),
        products: BTreeMap::from([product("1001", None)]),
        default: 10_000,
    }
}

/// An order of a dish, which needs no stock.
pub(crate) fn order() -> Order {
    let line = OrderRequestLine {
        name: Some("통닭".to_owned()),
        ..OrderRequestLine::default()
    };
    let request = OrderRequest {
        lines: vec![line],
        ..OrderRequest::default()
    };
    let basket = request.into_basket(&price_list());
    Order::place(OrderId::new(), basket.unwrap(), Utc::now())
}

/// Somebody who waits for food.
pub(crate) fn recipient() -> Recipient {
    Recipient {
        name: "김철수".to_owned(),
        address: "서울시 중구 세종대로 110, 301호".to_owned(),
        phone: "010-1234-5678".to_owned(),
        note: Some("문 앞에 놓아 주세요".to_owned()),
    }
}

//! What the store and the inventory offer in every history: one dish, and every product that somebody asks for.

use chrono::DateTime;
use fdp_contracts::{MenuItemSnapshot, StoreSnapshot};
use order::domain::KnownProduct;

/// Price of one of anything, in won.
pub const PRICE: u64 = 1_000;
/// The only dish.
pub const DISH: &str = "chicken";

/// The store of that id.
pub fn store(store_id: &str) -> StoreSnapshot {
    StoreSnapshot {
        store_id: store_id.to_owned(),
        name: format!("store {store_id}"),
        version: 1,
        open: true,
        hours: None,
        paused_until: None,
        minimum_order: 0,
        delivery_fee: 0,
        menu: vec![MenuItemSnapshot {
            item_id: DISH.to_owned(),
            name: DISH.to_owned(),
            name_in_english: None,
            description: None,
            description_in_english: None,
            picture: None,
            price: PRICE,
            available: true,
            sold_out_until: None,
        }],
        changed_at: DateTime::UNIX_EPOCH,
    }
}

/// The product of that id.
pub fn product(product_id: &str) -> (String, KnownProduct) {
    let known = KnownProduct {
        name: Some(product_id.to_owned()),
        store_id: None,
        unit_price: Some(PRICE),
        // The inventory decides.
        stock: None,
    };
    (product_id.to_owned(), known)
}

//! What a store offers, for tests.

use chrono::DateTime;
use fdp_contracts::{MenuItemSnapshot, StoreSnapshot};

/// An open store with chicken, and with dumplings that are sold out and have only a Korean name.
pub(crate) fn store(store_id: &str, name: &str) -> StoreSnapshot {
    StoreSnapshot {
        store_id: store_id.into(),
        name: name.into(),
        version: 1,
        open: true,
        hours: None,
        paused_until: None,
        minimum_order: 0,
        delivery_fee: 0,
        menu: vec![
            MenuItemSnapshot {
                item_id: "chicken".into(),
                name: "통닭".into(),
                name_in_english: Some("Whole fried chicken".into()),
                description: Some("가마솥에 통째로 튀긴 닭".into()),
                description_in_english: Some("Fried whole in an iron pot".into()),
                picture: Some("chicken".into()),
                price: 18_000,
                available: true,
                sold_out_until: None,
            },
            MenuItemSnapshot {
                item_id: "mandu".into(),
                name: "왕만두".into(),
                name_in_english: None,
                description: Some("손으로 빚은 만두 여섯 개".into()),
                description_in_english: None,
                picture: None,
                price: 8_000,
                available: false,
                sold_out_until: None,
            },
        ],
        changed_at: DateTime::UNIX_EPOCH,
    }
}

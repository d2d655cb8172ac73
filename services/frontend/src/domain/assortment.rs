//! What the shop offers: stores with their menus, and products.

use super::menu;
use chrono::{DateTime, Utc};
use fdp_contracts::{Opening, ProductSnapshot, StoreSnapshot};

/// Everything that is offered on the shop's page at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assortment {
    /// The stores with their menus. None before the first one has told what it offers.
    pub stores: Vec<StoreSnapshot>,
    /// The products, of any store.
    pub products: Vec<ProductSnapshot>,
    /// Price of one of a product that has no price of its own, in won.
    pub product_price: u64,
    /// That moment.
    pub now: DateTime<Utc>,
}

impl Assortment {
    /// Price of one of a product, in won.
    pub fn price_of(&self, product: &ProductSnapshot) -> u64 {
        product.unit_price.unwrap_or(self.product_price)
    }

    /// Whether a store takes orders.
    pub fn is_open(&self, store: &StoreSnapshot) -> bool {
        store.opening_at(self.now) == Opening::Open
    }

    /// The store with that id, if it has told what it offers.
    pub fn store(&self, store_id: &str) -> Option<&StoreSnapshot> {
        menu::store(&self.stores, store_id)
    }

    /// Whether a product can be ordered now. It can as long as its store has not told anything.
    pub fn is_sold(&self, product: &ProductSnapshot) -> bool {
        let store = self.store(&product.store_id);
        store.is_none_or(|store| self.is_open(store))
    }
}

//! The prices of dishes and products.

use crate::domain::InvalidOrder;
use chrono::{DateTime, Utc};
use fdp_contracts::{MenuItemSnapshot, StoreSnapshot};
use std::collections::BTreeMap;

/// The prices that apply to a request. Nobody else's word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// What the store offers.
    pub store: StoreSnapshot,
    /// The moment of the order: what is sold out until a time can be ordered then.
    pub at: DateTime<Utc>,
    /// The products of the request that there are, by their ids.
    pub products: BTreeMap<String, KnownProduct>,
    /// The unit price in won of a product that has none of its own.
    pub default: u64,
}

impl PriceList {
    /// The dish of that id or name, in either language.
    ///
    /// # Errors
    /// When the store does not offer it, or not now.
    pub(super) fn dish(&self, name: &str) -> Result<&MenuItemSnapshot, InvalidOrder> {
        let is_it = |item: &&MenuItemSnapshot| {
            let in_english = item.name_in_english.as_deref().unwrap_or_default();
            item.item_id == name || item.name == name || in_english.eq_ignore_ascii_case(name)
        };
        let found = self.store.menu.iter().find(is_it);
        let item = found.ok_or_else(|| InvalidOrder::UnknownDish {
            name: name.to_owned(),
            store_id: self.store.store_id.clone(),
        })?;
        if !item.is_available_at(self.at) {
            return Err(InvalidOrder::SoldOut {
                name: item.name.clone(),
                until: item
                    .sold_out_until
                    .filter(|until| item.available && self.at < *until),
            });
        }
        Ok(item)
    }

    /// The product of that id, and what one costs.
    ///
    /// # Errors
    /// When there is none, another store sells it, or none is left.
    pub(super) fn product(&self, product_id: &str) -> Result<(&KnownProduct, u64), InvalidOrder> {
        let found = self.products.get(product_id);
        let product = found.ok_or_else(|| InvalidOrder::UnknownProduct(product_id.to_owned()))?;
        if let Some(seller) = product.store_id.as_ref().filter(|id| **id != self.store.store_id) {
            return Err(InvalidOrder::OtherStore {
                product_id: product_id.to_owned(),
                seller: seller.clone(),
                store_id: self.store.store_id.clone(),
            });
        }
        if product.stock == Some(0) {
            return Err(InvalidOrder::SoldOut {
                name: product.name.clone().unwrap_or_else(|| product_id.to_owned()),
                until: None,
            });
        }
        Ok((product, product.unit_price.unwrap_or(self.default)))
    }
}

/// What is known of a product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownProduct {
    /// What it is called; `None` if the inventory has told nothing since an earlier release.
    pub name: Option<String>,
    /// The store that sells it; `None` in the same case.
    pub store_id: Option<String>,
    /// Price of one, in won, if it has one.
    pub unit_price: Option<u64>,
    /// How many were left when the inventory last told; `None` in the same case. Advice: only the inventory decides who gets
    /// the last ones.
    pub stock: Option<u64>,
}

/// The name and the price of a product, valid from a given time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductPrice {
    /// The product.
    pub product_id: String,
    /// What it is called.
    pub name: String,
    /// The store that sells it.
    pub store_id: String,
    /// The unit price in won; `None` if the product has no price.
    pub unit_price: Option<u64>,
    /// How many are left.
    pub stock: u64,
    /// The time from which the price applies; of two prices, the later one wins.
    pub since: DateTime<Utc>,
}

#[cfg(test)]
mod tests;

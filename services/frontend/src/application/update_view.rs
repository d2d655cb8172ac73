//! Adds orders, products and stores to the view.

use super::ports::ViewTransaction;
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot, StoreSnapshot};
use std::collections::BTreeMap;

/// What a batch of events adds to the view. Rows are only added or replaced by newer ones, so nothing has to be read
/// before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ViewUpdate {
    /// Changes of orders, by order and version: the first of each counts.
    pub orders: BTreeMap<(OrderId, u32), OrderSnapshot>,
    /// The latest snapshot of each product.
    pub products: BTreeMap<String, ProductSnapshot>,
    /// The highest version of each store.
    pub stores: BTreeMap<String, StoreSnapshot>,
}

impl ViewUpdate {
    /// Adds a change of an order.
    pub fn add_order(&mut self, order: &OrderSnapshot) {
        tracing::debug!(state = ?order.state, version = order.version, "an order changed");
        self.orders
            .entry((order.order_id, order.version))
            .or_insert_with(|| order.clone());
    }

    /// Adds a product, unless there is a newer snapshot of it.
    pub fn add_product(&mut self, product: &ProductSnapshot) {
        let known = self.products.get(&product.product_id);
        if known.is_none_or(|known| known.changed_at <= product.changed_at) {
            self.products.insert(product.product_id.clone(), product.clone());
        }
    }

    /// Adds a store, unless there is a higher version of it.
    pub fn add_store(&mut self, store: &StoreSnapshot) {
        let known = self.stores.get(&store.store_id);
        if known.is_none_or(|known| known.version <= store.version) {
            self.stores.insert(store.store_id.clone(), store.clone());
        }
    }

    /// Saves the batch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save<T: ViewTransaction>(&self, transaction: &mut T) -> Result<(), T::Error> {
        transaction.add_orders(&self.orders).await?;
        transaction.put_products(&self.products).await?;
        transaction.put_stores(&self.stores).await
    }
}

//! Counts placed orders, and withdraws those that end without a delivery.

use super::ports::CountTransaction;
use crate::domain::{CountDeltas, CountState};
use fdp_contracts::{OrderId, OrderSnapshot};
use std::collections::{BTreeMap, BTreeSet};

/// The orders of one batch of events, and what the batch changes in the counts.
#[derive(Debug, Clone, Default)]
pub struct CountingBatch {
    /// The states of these orders when the batch began.
    pub before: BTreeMap<OrderId, CountState>,
    /// Their states now.
    pub after: BTreeMap<OrderId, CountState>,
    /// What has to be added to the counts.
    pub deltas: CountDeltas,
}

impl CountingBatch {
    /// Loads and locks the states of the orders of a batch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load<T: CountTransaction>(
        transaction: &mut T,
        order_ids: &BTreeSet<OrderId>,
    ) -> Result<Self, T::Error> {
        let before = transaction.lock_orders(order_ids).await?;
        Ok(Self {
            after: before.clone(),
            before,
            deltas: CountDeltas::default(),
        })
    }

    /// Counts or withdraws an order.
    pub fn record(&mut self, order: &OrderSnapshot) {
        let known = self.after.get(&order.order_id).copied();
        if let Some(state) = self.deltas.record(known, order) {
            tracing::debug!(told = ?state, "an order was counted");
            self.after.insert(order.order_id, state);
        }
    }

    /// Saves what changed. Returns false if another transaction has inserted one of the orders meanwhile: then the
    /// batch has to be loaded again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save<T: CountTransaction>(self, transaction: &mut T) -> Result<bool, T::Error> {
        let Self {
            before,
            after,
            deltas,
        } = self;
        let (known, new): (BTreeMap<_, _>, BTreeMap<_, _>) = after
            .into_iter()
            .filter(|(order_id, state)| before.get(order_id) != Some(state))
            .partition(|(order_id, _)| before.contains_key(order_id));
        if !new.is_empty() && transaction.insert_orders(&new).await? != new.len() as u64 {
            return Ok(false);
        }
        if !known.is_empty() {
            transaction.update_orders(&known).await?;
        }
        let deltas = deltas.into_sorted();
        if !deltas.is_empty() {
            transaction.add_counts(&deltas).await?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CountDelta;
    use async_trait::async_trait;
    use chrono::Utc;
    use fdp_contracts::{OrderLine, OrderState};
    use std::convert::Infallible;

    /// Tables in memory.
    #[derive(Default)]
    struct Tables {
        orders: BTreeMap<OrderId, CountState>,
        counted: i64,
    }

    #[async_trait]
    impl CountTransaction for Tables {
        type Error = Infallible;

        async fn lock_orders(
            &mut self,
            order_ids: &BTreeSet<OrderId>,
        ) -> Result<BTreeMap<OrderId, CountState>, Infallible> {
            let known = self.orders.iter().filter(|(id, _)| order_ids.contains(id));
            Ok(known.map(|(id, state)| (*id, *state)).collect())
        }

        async fn insert_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<u64, Infallible> {
            let new = orders.iter().filter(|(id, _)| !self.orders.contains_key(id));
            let new: BTreeMap<OrderId, CountState> = new.map(|(id, state)| (*id, *state)).collect();
            let inserted = new.len() as u64;
            self.orders.extend(new);
            Ok(inserted)
        }

        async fn update_orders(&mut self, orders: &BTreeMap<OrderId, CountState>) -> Result<(), Infallible> {
            self.orders.extend(orders.clone());
            Ok(())
        }

        async fn add_counts(&mut self, deltas: &[CountDelta]) -> Result<(), Infallible> {
            self.counted += deltas.iter().map(|delta| delta.orders).sum::<i64>();
            Ok(())
        }

        async fn clear(&mut self) -> Result<(), Infallible> {
            *self = Self::default();
            Ok(())
        }
    }

    fn order(state: OrderState) -> OrderSnapshot {
        OrderSnapshot {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![OrderLine {
                product_id: None,
                product_name: "통닭".into(),
                qty: 1,
                unit_price: 10_000,
            }],
            amount: 10_000,
            delivery_fee: 0,
            store_version: None,
            state,
            reason: None,
            version: 1,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        }
    }

    async fn batch(tables: &mut Tables, order: &OrderSnapshot) -> CountingBatch {
        let order_ids = BTreeSet::from([order.order_id]);
        let mut batch = CountingBatch::load(tables, &order_ids).await.unwrap();
        batch.record(order);
        batch
    }

    #[tokio::test]
    async fn a_placed_order_is_counted_and_its_cancellation_withdraws_it() {
        let mut tables = Tables::default();
        let placed = order(OrderState::Placed);
        assert!(batch(&mut tables, &placed).await.save(&mut tables).await.unwrap());
        assert_eq!(tables.counted, 1);
        let cancelled = OrderSnapshot {
            state: OrderState::Cancelled,
            ..placed
        };
        assert!(
            batch(&mut tables, &cancelled)
                .await
                .save(&mut tables)
                .await
                .unwrap()
        );
        assert_eq!(tables.counted, 0);
        assert_eq!(tables.orders[&cancelled.order_id], CountState::Withdrawn);
    }

    #[tokio::test]
    async fn a_batch_counts_nothing_if_another_transaction_inserted_its_order() {
        let mut tables = Tables::default();
        let placed = order(OrderState::Placed);
        let (first, second) = (
            batch(&mut tables, &placed).await,
            batch(&mut tables, &placed).await,
        );
        assert!(first.save(&mut tables).await.unwrap());
        assert!(!second.save(&mut tables).await.unwrap());
        assert_eq!(tables.counted, 1);
    }
}

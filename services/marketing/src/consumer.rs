//! What marketing does when it hears of orders.

use crate::domain::{Counts, Told};
use crate::store;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, OrderState};
use fdp_kit::inbox::{EventHandler, Incoming};
use fdp_kit::rebuild::Projection;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

/// Counts orders that are placed, and takes back those that end before the door.
#[derive(Debug, Clone, Copy)]
pub struct OrderEvents;

/// What a batch of events is about: what was told of its orders before, and what it changes.
#[derive(Debug, Clone, Default)]
pub struct Affected {
    /// What was told of these orders when the batch began.
    pub before: BTreeMap<OrderId, Told>,
    /// What is told of them now.
    pub after: BTreeMap<OrderId, Told>,
    /// What that adds to the counts.
    pub counts: Counts,
}

#[async_trait]
impl EventHandler for OrderEvents {
    type Affected = Affected;

    fn concerns(&self, kind: &str) -> bool {
        [OrderState::Placed, OrderState::Cancelled, OrderState::Rejected]
            .iter()
            .any(|state| state.event_type() == kind)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Affected, sqlx::Error> {
        let order_ids: BTreeSet<OrderId> = events.iter().filter_map(Incoming::order_id).collect();
        let before = store::lock_orders(connection, &order_ids).await?;
        Ok(Affected {
            after: before.clone(),
            before,
            counts: Counts::default(),
        })
    }

    fn react(
        &self,
        affected: &mut Affected,
        incoming: &Incoming,
        _now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        if let Event::Order(order) = &incoming.event {
            let told = affected.after.get(&order.order_id).copied();
            if let Some(told) = affected.counts.hear(told, order) {
                tracing::debug!(?told, "an order was counted");
                affected.after.insert(order.order_id, told);
            }
        }
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, affected: Affected) -> Result<bool, sqlx::Error> {
        let Affected {
            before,
            after,
            counts,
        } = affected;
        let (known, new): (BTreeMap<_, _>, BTreeMap<_, _>) = after
            .into_iter()
            .filter(|(order_id, told)| before.get(order_id) != Some(told))
            .partition(|(order_id, _)| before.contains_key(order_id));
        if !new.is_empty() && store::insert_orders(connection, &new).await? != new.len() as u64 {
            return Ok(false);
        }
        if !known.is_empty() {
            store::update_orders(connection, &known).await?;
        }
        let changes = counts.changes();
        if !changes.is_empty() {
            store::count(connection, &changes).await?;
        }
        Ok(true)
    }
}

#[async_trait]
impl Projection for OrderEvents {
    async fn empty(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        store::empty(connection).await
    }
}

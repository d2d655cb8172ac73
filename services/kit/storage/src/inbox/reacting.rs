//! Applies events to aggregates that are stored in a table.

use crate::inbox::handler::EventHandler;
use crate::inbox::reaction::Reaction;
use crate::ledger::Table;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId};
use fdp_messaging::Incoming;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// The [`EventHandler`] for a [`Reaction`] whose aggregates are stored in a [`Table`].
#[derive(Debug)]
pub struct Reacting<T, R> {
    reaction: R,
    table: PhantomData<fn() -> T>,
}

impl<T: Table, R: Reaction<Aggregate = T::Aggregate>> Reacting<T, R> {
    /// Applies events to the aggregates of `T` with `reaction`.
    pub fn new(reaction: R) -> Self {
        Self {
            reaction,
            table: PhantomData,
        }
    }
}

/// An aggregate before and after a batch of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot<A> {
    before: Option<A>,
    after: Option<A>,
}

#[async_trait]
impl<T: Table, R: Reaction<Aggregate = T::Aggregate>> EventHandler for Reacting<T, R> {
    type Affected = BTreeMap<OrderId, Slot<T::Aggregate>>;

    fn concerns(&self, kind: &str) -> bool {
        self.reaction.concerns(kind)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Self::Affected, sqlx::Error> {
        let mut affected: Self::Affected = events
            .iter()
            .filter_map(Incoming::order_id)
            .map(|order_id| {
                let nothing = Slot {
                    before: None,
                    after: None,
                };
                (order_id, nothing)
            })
            .collect();
        let order_ids: Vec<OrderId> = affected.keys().copied().collect();
        for present in T::lock(connection, &order_ids).await? {
            if let Some(slot) = affected.get_mut(&T::order_id(&present)) {
                slot.after = Some(present.clone());
                slot.before = Some(present);
            }
        }
        Ok(affected)
    }

    fn react(
        &self,
        affected: &mut Self::Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let slot = incoming
            .order_id()
            .and_then(|order_id| affected.get_mut(&order_id));
        let Some(slot) = slot else {
            return Ok(Vec::new());
        };
        let change = self.reaction.react(slot.after.as_ref(), &incoming.event, now);
        Ok(change.map_or_else(Vec::new, |change| {
            slot.after = Some(change.aggregate);
            change.events
        }))
    }

    async fn save(
        &self,
        connection: &mut PgConnection,
        affected: Self::Affected,
    ) -> Result<bool, sqlx::Error> {
        let changed: Vec<_> = affected
            .values()
            .filter(|slot| slot.before != slot.after)
            .collect();
        let (known, new): (Vec<_>, Vec<_>) = changed.into_iter().partition(|slot| slot.before.is_some());
        let (known, new) = (latest(&known), latest(&new));
        if !new.is_empty() && T::insert(connection, &new).await? != new.len() as u64 {
            return Ok(false);
        }
        if !known.is_empty() {
            T::update(connection, &known).await?;
        }
        Ok(true)
    }

    async fn committed(&self, events: &[Incoming]) {
        self.reaction.committed(events);
    }
}

fn latest<'a, A>(slots: &[&'a Slot<A>]) -> Vec<&'a A> {
    slots.iter().filter_map(|slot| slot.after.as_ref()).collect()
}

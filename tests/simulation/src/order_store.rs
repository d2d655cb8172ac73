//! The order service's repository in a simulated database: like PostgreSQL's, each method is one transaction.

use crate::database::{Database, Log, NoAnswer};
use crate::engine::Engine;
use crate::ledger::{Aggregates, Behaviour};
use crate::offers;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId, StoreSnapshot};
use fdp_messaging::Incoming;
use fdp_storage::inbox::Reaction;
use order::adapters::events::OrderProgressEvents as Reports;
use order::application::ports::{
    ClaimedIntent, Decide, IntentOutcome as Noted, KeyedOrderRequest as KeyedWish,
    OrderRepository as OrderStore, PaymentIntent as Intent, RepositoryError as StoreError, WaitOutcome,
};
use order::domain::{AwaitingOrder, KnownProduct, Order, OrderRequest, Unpaid};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Default)]
pub struct OrderTables {
    pub orders: Aggregates<Order>,
    /// Payments that were requested, and whose order does not exist yet.
    pub intents: Aggregates<IntentRow>,
    /// The request and the order of each `Idempotency-Key`.
    pub keys: BTreeMap<String, (OrderRequest, OrderId)>,
}

/// A stored intent.
#[derive(Debug, Clone)]
pub struct IntentRow {
    /// Where its payment stands.
    pub unpaid: Unpaid,
    /// Until when another process may be working on it, by the database's clock.
    pub lease_until: Duration,
}

impl IntentRow {
    /// What a request with the same key gets; `None` if the attempt has failed.
    fn answer(&self, now: Duration) -> Option<Noted> {
        match &self.unpaid.awaiting {
            Some(_) if self.unpaid.abandoned => Some(Noted::NotPaid),
            Some(awaiting) => Some(Noted::AwaitingPayment(Box::new(awaiting.clone()))),
            None => (!self.unpaid.abandoned && self.lease_until > now).then_some(Noted::InProgress),
        }
    }
}

/// [`OrderStore`] in a simulated database.
pub struct SimulatedOrders {
    pub database: Database<OrderTables>,
    /// The time for leases.
    pub engine: Engine,
}

impl SimulatedOrders {
    async fn transact<R>(&self, work: impl FnOnce(&mut OrderTables, &mut Log) -> R) -> Result<R, NoAnswer> {
        self.database.transact(work).await
    }
}

#[async_trait]
impl OrderStore for SimulatedOrders {
    async fn record_intent(
        &self,
        intent: &Intent,
        keyed: Option<&KeyedWish>,
        lease: Duration,
    ) -> Result<Noted, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| {
            let now = self.engine.now();
            if let Some(keyed) = keyed
                && let Some(answer) = answer_to_key(tables, keyed, intent.order_id, now)
            {
                return answer;
            }
            let row = IntentRow {
                unpaid: Unpaid::default(),
                lease_until: now + lease,
            };
            tables.intents.insert(intent.order_id, row);
            Noted::Recorded
        };
        Ok(self.transact(work).await?)
    }

    async fn check_key(&self, keyed: &KeyedWish) -> Result<Noted, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| {
            let Some((request, earlier)) = tables.keys.get(&keyed.key) else {
                return Noted::Recorded;
            };
            if *request != keyed.request {
                return Noted::KeyReused;
            }
            if let Some(order) = tables.orders.get(earlier) {
                return Noted::AlreadyPlaced(Box::new(order.clone()));
            }
            let intent = tables.intents.get(earlier);
            let earlier = intent.and_then(|intent| intent.answer(self.engine.now()));
            earlier.unwrap_or(Noted::Recorded)
        };
        Ok(self.transact(work).await?)
    }

    async fn complete(&self, order: &Order) -> Result<bool, StoreError> {
        let work = |tables: &mut OrderTables, log: &mut Log| {
            let order_id = order.snapshot().order_id;
            if tables
                .intents
                .get(&order_id)
                .is_none_or(|intent| intent.unpaid.abandoned)
            {
                return false;
            }
            tables.intents.remove(&order_id);
            log.announce(order.announcement(None).into_iter().collect());
            tables.orders.insert(order_id, order.clone());
            true
        };
        Ok(self.transact(work).await?)
    }

    async fn delete_intent(&self, order_id: OrderId) -> Result<(), StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| {
            tables.intents.remove(&order_id);
        };
        Ok(self.transact(work).await?)
    }

    async fn await_payment(
        &self,
        awaiting: &AwaitingOrder,
        lease: Duration,
    ) -> Result<WaitOutcome, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| match tables.intents.get_mut(&awaiting.order_id())
        {
            Some(intent) if intent.unpaid.may_wait() => {
                intent.unpaid.awaiting = Some(awaiting.clone());
                intent.lease_until = self.engine.now() + lease;
                WaitOutcome::Waiting
            }
            Some(intent) if !intent.unpaid.abandoned => WaitOutcome::Paid,
            _ => WaitOutcome::GivenUp,
        };
        Ok(self.transact(work).await?)
    }

    async fn find_unpaid(&self, order_id: OrderId) -> Result<Option<Unpaid>, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| {
            let intent = tables.intents.get(&order_id);
            intent.map(|intent| intent.unpaid.clone())
        };
        Ok(self.transact(work).await?)
    }

    async fn abandon_intent(&self, order_id: OrderId) -> Result<bool, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| {
            let intent = tables.intents.get_mut(&order_id);
            let Some(intent) = intent.filter(|intent| !intent.unpaid.voided) else {
                return false;
            };
            intent.unpaid.abandoned = true;
            intent.lease_until = self.engine.now();
            true
        };
        Ok(self.transact(work).await?)
    }

    async fn claim_intents(&self, most: u32, lease: Duration) -> Result<Vec<ClaimedIntent>, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| {
            let now = self.engine.now();
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let due = tables
                .intents
                .iter_mut()
                .filter(|(_, intent)| !intent.unpaid.voided && intent.lease_until <= now);
            due.take(most)
                .map(|(order_id, intent)| {
                    intent.lease_until = now + lease;
                    match &intent.unpaid.awaiting {
                        Some(awaiting) if !intent.unpaid.abandoned => {
                            ClaimedIntent::Overdue(Box::new(awaiting.clone()))
                        }
                        _ => {
                            intent.unpaid.abandoned = true;
                            ClaimedIntent::GivenUp(*order_id)
                        }
                    }
                })
                .collect()
        };
        Ok(self.transact(work).await?)
    }

    async fn settle_intent(&self, order_id: OrderId, kept: Duration) -> Result<(), StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| match tables.intents.get_mut(&order_id) {
            Some(intent) if intent.unpaid.awaiting.is_some() => {
                intent.unpaid.voided = true;
                intent.lease_until = self.engine.now() + kept;
            }
            _ => {
                tables.intents.remove(&order_id);
            }
        };
        Ok(self.transact(work).await?)
    }

    async fn delete_keys(&self, _age: Duration) -> Result<u64, StoreError> {
        // No history is long enough for keys to expire.
        Ok(0)
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, StoreError> {
        let work = |tables: &mut OrderTables, log: &mut Log| {
            let present = tables.orders.get_mut(&order_id)?;
            if let Some(next) = decide(present) {
                log.announce(next.announcement(Some(present)).into_iter().collect());
                *present = next;
            }
            Some(present.clone())
        };
        Ok(self.transact(work).await?)
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| tables.orders.get(&order_id).cloned();
        Ok(self.transact(work).await?)
    }

    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError> {
        let work = |tables: &mut OrderTables, _: &mut Log| {
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let theirs = tables.orders.values().rev().filter(|order| {
                customer_id.is_none_or(|customer_id| order.snapshot().customer_id == customer_id)
            });
            theirs.take(most).cloned().collect()
        };
        Ok(self.transact(work).await?)
    }

    async fn store(&self, store_id: &str) -> Result<Option<StoreSnapshot>, StoreError> {
        let work = |_: &mut OrderTables, _: &mut Log| Some(offers::store(store_id));
        Ok(self.transact(work).await?)
    }

    async fn has_stores(&self) -> Result<bool, StoreError> {
        Ok(self.transact(|_, _| true).await?)
    }

    async fn products(&self, product_ids: &[String]) -> Result<BTreeMap<String, KnownProduct>, StoreError> {
        let work = |_: &mut OrderTables, _: &mut Log| {
            let known = product_ids.iter().map(|id| offers::product(id));
            known.collect()
        };
        Ok(self.transact(work).await?)
    }
}

/// Stores the key for `order_id`, or returns why not.
fn answer_to_key(
    tables: &mut OrderTables,
    keyed: &KeyedWish,
    order_id: OrderId,
    now: Duration,
) -> Option<Noted> {
    let Some((request, earlier)) = tables.keys.get_mut(&keyed.key) else {
        tables
            .keys
            .insert(keyed.key.clone(), (keyed.request.clone(), order_id));
        return None;
    };
    if *request != keyed.request {
        return Some(Noted::KeyReused);
    }
    if let Some(intent) = tables.intents.get_mut(earlier) {
        if let Some(earlier) = intent.answer(now) {
            return Some(earlier);
        }
        // The earlier attempt has failed, and must not succeed later.
        intent.unpaid.abandoned = true;
    } else if let Some(order) = tables.orders.get(earlier) {
        return Some(Noted::AlreadyPlaced(Box::new(order.clone())));
    }
    *earlier = order_id;
    None
}

/// The order service's reaction to events of other services.
pub struct OrderReports;

impl Behaviour for OrderReports {
    type Tables = OrderTables;

    fn concerns(&self, kind: &str) -> bool {
        Reports.concerns(kind)
    }

    fn react(
        &self,
        tables: &mut OrderTables,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        crate::ledger::Reacting(Reports).react(&mut tables.orders, incoming, now)
    }
}

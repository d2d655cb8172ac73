//! Doubles of the ports for tests: orders in memory, and a pay service that follows a script.

use super::ports::{
    Asked, Decide, Intent, KeyedWish, Noted, OrderStore, PayAnswer, Payments, StoreError, VoidError,
};
use crate::basket::Wish;
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How one call to pay goes. When the script has ended, every call is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// It takes effect, and the answer arrives.
    Answered,
    /// It takes effect, and the answer is lost.
    AnswerLost,
    /// It takes effect, and the answer comes after the deadline.
    AnswerLate,
    /// It takes no effect, and nobody can tell.
    Lost,
    /// There is no connection, so it surely takes no effect.
    Unreachable,
    /// The customer may not pay.
    Refused,
    /// It takes effect, and the caller dies waiting for the answer.
    CallerDies,
}

/// What pay did about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Money {
    Taken,
    Voided,
}

#[derive(Default)]
pub(super) struct ScriptedPay {
    script: Mutex<VecDeque<Call>>,
    ledger: Mutex<BTreeMap<OrderId, Money>>,
    asked: Mutex<Vec<OrderId>>,
    overloaded: AtomicBool,
}

impl ScriptedPay {
    pub(super) fn follow(&self, script: impl IntoIterator<Item = Call>) {
        *self.script.lock().unwrap() = script.into_iter().collect();
    }

    /// From now on nobody should ask.
    pub(super) fn overload(&self) {
        self.overloaded.store(true, Ordering::Relaxed);
    }

    /// Orders whose money is ours.
    pub(super) fn taken(&self) -> BTreeSet<OrderId> {
        let ledger = self.ledger.lock().unwrap();
        let taken = ledger.iter().filter(|(_, money)| **money == Money::Taken);
        taken.map(|(order_id, _)| *order_id).collect()
    }

    /// The orders that payments were asked for, call by call.
    pub(super) fn asked(&self) -> Vec<OrderId> {
        self.asked.lock().unwrap().clone()
    }

    fn next(&self) -> Call {
        self.script.lock().unwrap().pop_front().unwrap_or(Call::Answered)
    }
}

#[async_trait]
impl Payments for ScriptedPay {
    fn admits(&self) -> bool {
        !self.overloaded.load(Ordering::Relaxed)
    }

    async fn pay(&self, intent: &Intent) -> Asked {
        let order_id = intent.order_id;
        self.asked.lock().unwrap().push(order_id);
        let call = self.next();
        match call {
            Call::Refused => return PayAnswer::Refused("no money".into()).into(),
            Call::Lost => return PayAnswer::Unknown("connection reset".into()).into(),
            Call::Unreachable => return PayAnswer::NotAsked("connection refused".into()).into(),
            _ => {}
        }
        let money = *self
            .ledger
            .lock()
            .unwrap()
            .entry(order_id)
            .or_insert(Money::Taken);
        let answer = match money {
            Money::Taken => PayAnswer::Paid,
            Money::Voided => PayAnswer::Refused("voided".into()),
        };
        match call {
            Call::CallerDies => std::future::pending().await,
            Call::AnswerLost => PayAnswer::Unknown("deadline has elapsed".into()).into(),
            Call::AnswerLate => Asked {
                answer: PayAnswer::Unknown("deadline has elapsed".into()),
                late: Some(Box::pin(std::future::ready(answer))),
            },
            _ => answer.into(),
        }
    }

    async fn void(&self, order_id: OrderId) -> Result<(), VoidError> {
        let call = self.next();
        if call != Call::Lost && call != Call::Unreachable {
            self.ledger.lock().unwrap().insert(order_id, Money::Voided);
        }
        match call {
            Call::CallerDies => std::future::pending().await,
            Call::Answered => Ok(()),
            _ => Err(VoidError("no answer".into())),
        }
    }
}

/// How completing an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    Done,
    /// The database fails, and nothing is kept.
    Lost,
    /// The database fails after all was kept.
    AnswerLost,
    /// The settler claims the intent first.
    LeaseEndsFirst,
}

#[derive(Debug, Clone)]
struct KeptIntent {
    abandoned: bool,
    leased: bool,
}

#[derive(Default)]
struct Memory {
    intents: BTreeMap<OrderId, KeptIntent>,
    orders: BTreeMap<OrderId, Order>,
    keys: BTreeMap<String, (Wish, OrderId)>,
    prices: BTreeMap<String, u64>,
    next_commit: Option<Commit>,
}

#[derive(Default)]
pub(super) struct MemoryOrders(Mutex<Memory>);

impl MemoryOrders {
    pub(super) fn next_commit(&self, commit: Commit) {
        self.0.lock().unwrap().next_commit = Some(commit);
    }

    /// As if so much time passed that nobody is at work on any intent.
    pub(super) fn let_leases_end(&self) {
        for intent in self.0.lock().unwrap().intents.values_mut() {
            intent.leased = false;
        }
    }

    /// From now on the product costs so much.
    pub(super) fn price(&self, product_id: &str, price: u64) {
        self.0.lock().unwrap().prices.insert(product_id.to_owned(), price);
    }

    pub(super) fn intents(&self) -> usize {
        self.0.lock().unwrap().intents.len()
    }

    pub(super) fn orders(&self) -> BTreeSet<OrderId> {
        self.0.lock().unwrap().orders.keys().copied().collect()
    }
}

fn unreachable() -> StoreError {
    StoreError::Unreachable("connection reset".into())
}

#[async_trait]
impl OrderStore for MemoryOrders {
    async fn note(
        &self,
        intent: &Intent,
        keyed: Option<&KeyedWish>,
        _lease: Duration,
    ) -> Result<Noted, StoreError> {
        let mut memory = self.0.lock().unwrap();
        if let Some(keyed) = keyed {
            if let Some((wish, earlier)) = memory.keys.get(&keyed.key).cloned() {
                if wish != keyed.wish {
                    return Ok(Noted::OtherWish);
                }
                if let Some(order) = memory.orders.get(&earlier) {
                    return Ok(Noted::OrderedBefore(Box::new(order.clone())));
                }
                match memory.intents.get_mut(&earlier) {
                    Some(kept) if kept.leased && !kept.abandoned => return Ok(Noted::UnderWay),
                    Some(kept) => kept.abandoned = true,
                    None => {}
                }
            }
            let tied = (keyed.wish.clone(), intent.order_id);
            memory.keys.insert(keyed.key.clone(), tied);
        }
        let kept = KeptIntent {
            abandoned: false,
            leased: true,
        };
        memory.intents.insert(intent.order_id, kept);
        Ok(Noted::Intent)
    }

    async fn recall(&self, keyed: &KeyedWish) -> Result<Noted, StoreError> {
        let memory = self.0.lock().unwrap();
        let Some((wish, earlier)) = memory.keys.get(&keyed.key) else {
            return Ok(Noted::Intent);
        };
        if *wish != keyed.wish {
            return Ok(Noted::OtherWish);
        }
        if let Some(order) = memory.orders.get(earlier) {
            return Ok(Noted::OrderedBefore(Box::new(order.clone())));
        }
        let at_work = memory
            .intents
            .get(earlier)
            .is_some_and(|kept| kept.leased && !kept.abandoned);
        Ok(if at_work { Noted::UnderWay } else { Noted::Intent })
    }

    async fn prices(&self, product_ids: &[String]) -> Result<BTreeMap<String, u64>, StoreError> {
        let memory = self.0.lock().unwrap();
        let known = product_ids
            .iter()
            .filter_map(|id| memory.prices.get_key_value(id));
        Ok(known.map(|(id, price)| (id.clone(), *price)).collect())
    }

    async fn complete(&self, order: &Order) -> Result<bool, StoreError> {
        let order_id = order.snapshot().order_id;
        let mut memory = self.0.lock().unwrap();
        let commit = memory.next_commit.take().unwrap_or(Commit::Done);
        if commit == Commit::Lost {
            return Err(unreachable());
        }
        if commit == Commit::LeaseEndsFirst
            && let Some(intent) = memory.intents.get_mut(&order_id)
        {
            intent.abandoned = true;
        }
        if memory
            .intents
            .get(&order_id)
            .is_none_or(|intent| intent.abandoned)
        {
            return Ok(false);
        }
        memory.intents.remove(&order_id);
        memory.orders.insert(order_id, order.clone());
        if commit == Commit::AnswerLost {
            return Err(unreachable());
        }
        Ok(true)
    }

    async fn forget(&self, order_id: OrderId) -> Result<(), StoreError> {
        self.0.lock().unwrap().intents.remove(&order_id);
        Ok(())
    }

    async fn abandon(&self, order_id: OrderId) -> Result<(), StoreError> {
        if let Some(intent) = self.0.lock().unwrap().intents.get_mut(&order_id) {
            *intent = KeptIntent {
                abandoned: true,
                leased: false,
            };
        }
        Ok(())
    }

    async fn claim(&self, most: u32, _lease: Duration) -> Result<Vec<OrderId>, StoreError> {
        let mut memory = self.0.lock().unwrap();
        let overdue = memory.intents.iter_mut().filter(|(_, intent)| !intent.leased);
        Ok(overdue
            .take(most as usize)
            .map(|(order_id, intent)| {
                intent.abandoned = true;
                intent.leased = true;
                *order_id
            })
            .collect())
    }

    async fn forget_keys(&self, _age: Duration) -> Result<u64, StoreError> {
        let mut memory = self.0.lock().unwrap();
        let forgotten = memory.keys.len() as u64;
        memory.keys.clear();
        Ok(forgotten)
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, StoreError> {
        let mut memory = self.0.lock().unwrap();
        let Some(order) = memory.orders.get_mut(&order_id) else {
            return Ok(None);
        };
        if let Some(next) = decide(order) {
            *order = next;
        }
        Ok(Some(order.clone()))
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.0.lock().unwrap().orders.get(&order_id).cloned())
    }

    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError> {
        let memory = self.0.lock().unwrap();
        let theirs = memory.orders.values().rev().filter(|order| {
            customer_id.is_none_or(|customer_id| order.snapshot().customer_id == customer_id)
        });
        Ok(theirs.take(limit as usize).cloned().collect())
    }
}

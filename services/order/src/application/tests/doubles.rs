//! Doubles of the ports for tests: orders in memory, and a pay service that follows a script.

use crate::application::follow_approval;
use crate::application::ports::{
    Admitted, ClaimedIntent, Decide, IntentOutcome, KeyedOrderRequest, NotAdmitted, OrderRepository,
    PaymentAttempt, PaymentIntent, PaymentResult, PaymentService, RepositoryError, VoidError, WaitOutcome,
};
use crate::domain::fixtures::product;
use crate::domain::{Approval, AwaitingOrder, KnownProduct, Order, OrderRequest, Unpaid};
use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use fdp_contracts::{OrderId, StoreSnapshot};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The course of one call to pay. After the end of the script, every call gets a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// It takes effect, and the response arrives.
    Responded,
    /// It takes effect, and the response is lost.
    ResponseLost,
    /// It takes effect, and the response arrives after the timeout.
    ResponseLate,
    /// It takes no effect, but the caller cannot know that.
    Lost,
    /// There is no connection, so it certainly takes no effect.
    Unreachable,
    /// Pay refuses it.
    Refused,
    /// Pay leaves it to the customer.
    LeftToCustomer,
    /// It takes effect, and the caller dies while it waits for the response.
    CallerCrashes,
}

/// The state of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PaymentState {
    /// Its customer may pay.
    Awaited,
    Taken,
    Voided,
}

/// How long they have for it.
const TIME_TO_PAY: TimeDelta = TimeDelta::minutes(30);
/// Where customers of the scripted service pay.
pub(super) const PAY_URL: &str = "https://pay.example/1";

#[derive(Default)]
pub(super) struct ScriptedPay {
    script: Mutex<VecDeque<Call>>,
    ledger: Mutex<BTreeMap<OrderId, PaymentState>>,
    requests: Mutex<Vec<OrderId>>,
    breaker_open: AtomicBool,
    retries_spent: AtomicBool,
}

impl ScriptedPay {
    pub(super) fn follow(&self, script: impl IntoIterator<Item = Call>) {
        *self.script.lock().unwrap() = script.into_iter().collect();
    }

    /// From now on, no requests are admitted.
    pub(super) fn open_breaker(&self) {
        self.breaker_open.store(true, Ordering::Relaxed);
    }

    /// From now on, no request is made a second time.
    pub(super) fn spend_retries(&self) {
        self.retries_spent.store(true, Ordering::Relaxed);
    }

    /// The orders that are paid.
    pub(super) fn taken(&self) -> BTreeSet<OrderId> {
        let ledger = self.ledger.lock().unwrap();
        let taken = ledger.iter().filter(|(_, state)| **state == PaymentState::Taken);
        taken.map(|(order_id, _)| *order_id).collect()
    }

    /// A customer pays, if that is still possible; returns whether the money was taken by that.
    pub(super) fn customer_pays(&self, order_id: OrderId) -> bool {
        let mut ledger = self.ledger.lock().unwrap();
        match ledger.get_mut(&order_id) {
            Some(state @ PaymentState::Awaited) => {
                *state = PaymentState::Taken;
                true
            }
            _ => false,
        }
    }

    /// The order of each request to pay.
    pub(super) fn requests(&self) -> Vec<OrderId> {
        self.requests.lock().unwrap().clone()
    }

    fn next(&self) -> Call {
        self.script.lock().unwrap().pop_front().unwrap_or(Call::Responded)
    }
}

#[async_trait]
impl PaymentService for ScriptedPay {
    async fn admit(&self) -> Result<Admitted, NotAdmitted> {
        if self.breaker_open.load(Ordering::Relaxed) {
            return Err(NotAdmitted::Unavailable);
        }
        Ok(Box::new(()))
    }

    fn may_retry(&self) -> bool {
        !self.retries_spent.load(Ordering::Relaxed)
    }

    async fn pay(&self, intent: &PaymentIntent) -> PaymentAttempt {
        let order_id = intent.order_id;
        self.requests.lock().unwrap().push(order_id);
        let call = self.next();
        match call {
            Call::Refused => return PaymentResult::Refused("no money".into()).into(),
            Call::Lost => return PaymentResult::Unknown("connection reset".into()).into(),
            Call::Unreachable => return PaymentResult::NotSent("connection refused".into()).into(),
            _ => {}
        }
        let state = *self
            .ledger
            .lock()
            .unwrap()
            .entry(order_id)
            .or_insert(if call == Call::LeftToCustomer {
                PaymentState::Awaited
            } else {
                PaymentState::Taken
            });
        let answer = match state {
            PaymentState::Awaited => PaymentResult::AwaitingCustomer {
                pay_url: PAY_URL.to_owned(),
                expires_at: Utc::now() + TIME_TO_PAY,
            },
            PaymentState::Taken => PaymentResult::Paid,
            PaymentState::Voided => PaymentResult::Refused("voided".into()),
        };
        match call {
            Call::CallerCrashes => std::future::pending().await,
            Call::ResponseLost => PaymentResult::Unknown("deadline has elapsed".into()).into(),
            Call::ResponseLate => PaymentAttempt {
                result: PaymentResult::Unknown("deadline has elapsed".into()),
                late: Some(Box::pin(std::future::ready(answer))),
            },
            _ => answer.into(),
        }
    }

    async fn void(&self, order_id: OrderId) -> Result<(), VoidError> {
        let call = self.next();
        if call != Call::Lost && call != Call::Unreachable {
            self.ledger.lock().unwrap().insert(order_id, PaymentState::Voided);
        }
        match call {
            Call::CallerCrashes => std::future::pending().await,
            Call::Responded | Call::LeftToCustomer => Ok(()),
            _ => Err(VoidError("no answer".into())),
        }
    }
}

/// The course of a commit of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    Done,
    /// The database fails, and nothing is stored.
    Lost,
    /// The database fails after everything was stored.
    ResponseLost,
    /// The compensation claims the intent first.
    LeaseEndsFirst,
}

#[derive(Debug, Clone)]
struct StoredIntent {
    unpaid: Unpaid,
    leased: bool,
}

impl StoredIntent {
    /// What a request with the same key gets; `None` if the attempt has failed.
    fn outcome(&self) -> Option<IntentOutcome> {
        match &self.unpaid.awaiting {
            Some(_) if self.unpaid.abandoned => Some(IntentOutcome::NotPaid),
            Some(awaiting) => Some(IntentOutcome::AwaitingPayment(Box::new(awaiting.clone()))),
            None => (self.leased && !self.unpaid.abandoned).then_some(IntentOutcome::InProgress),
        }
    }
}

#[derive(Default)]
struct Memory {
    intents: BTreeMap<OrderId, StoredIntent>,
    orders: BTreeMap<OrderId, Order>,
    keys: BTreeMap<String, (OrderRequest, OrderId)>,
    products: BTreeMap<String, KnownProduct>,
    stores: BTreeMap<String, StoreSnapshot>,
    next_commit: Option<Commit>,
}

#[derive(Default)]
pub(super) struct InMemoryOrders(Mutex<Memory>);

impl InMemoryOrders {
    pub(super) fn next_commit(&self, commit: Commit) {
        self.0.lock().unwrap().next_commit = Some(commit);
    }

    /// Expires the leases of all intents.
    pub(super) fn expire_leases(&self) {
        for intent in self.0.lock().unwrap().intents.values_mut() {
            intent.leased = false;
        }
    }

    /// Sets the price of a product.
    pub(super) fn price(&self, product_id: &str, price: u64) {
        let (id, product) = product(product_id, Some(price));
        self.0.lock().unwrap().products.insert(id, product);
    }

    /// A store tells what it offers.
    pub(super) fn offers(&self, store: StoreSnapshot) {
        let mut memory = self.0.lock().unwrap();
        memory.stores.insert(store.store_id.clone(), store);
    }

    /// No store has told anything.
    pub(super) fn forget_stores(&self) {
        self.0.lock().unwrap().stores.clear();
    }

    /// The intents that are not settled.
    pub(super) fn intents(&self) -> usize {
        let memory = self.0.lock().unwrap();
        memory
            .intents
            .values()
            .filter(|intent| !intent.unpaid.voided)
            .count()
    }

    /// The intent is as it was before pay's answer was recorded.
    pub(super) fn forget_waiting(&self, order_id: OrderId) {
        if let Some(intent) = self.0.lock().unwrap().intents.get_mut(&order_id) {
            intent.unpaid.awaiting = None;
        }
    }

    /// The news that the payment of an order is approved. Like the inbox, it is one transaction.
    pub(super) fn hear_of_approval(&self, order_id: OrderId) {
        let mut memory = self.0.lock().unwrap();
        let Some(intent) = memory.intents.get_mut(&order_id) else {
            return;
        };
        match follow_approval(order_id, &intent.unpaid, Utc::now()) {
            Approval::Place(order) => {
                memory.intents.remove(&order_id);
                memory.orders.insert(order_id, *order);
            }
            Approval::Remember => intent.unpaid.told_paid = true,
            Approval::TooLate => {}
        }
    }

    pub(super) fn orders(&self) -> BTreeSet<OrderId> {
        self.0.lock().unwrap().orders.keys().copied().collect()
    }
}

fn unreachable() -> RepositoryError {
    RepositoryError::Unreachable("connection reset".into())
}

#[async_trait]
impl OrderRepository for InMemoryOrders {
    async fn record_intent(
        &self,
        intent: &PaymentIntent,
        keyed: Option<&KeyedOrderRequest>,
        _lease: Duration,
    ) -> Result<IntentOutcome, RepositoryError> {
        let mut memory = self.0.lock().unwrap();
        if let Some(keyed) = keyed {
            if let Some((request, earlier)) = memory.keys.get(&keyed.key).cloned() {
                if request != keyed.request {
                    return Ok(IntentOutcome::KeyReused);
                }
                if let Some(order) = memory.orders.get(&earlier) {
                    return Ok(IntentOutcome::AlreadyPlaced(Box::new(order.clone())));
                }
                if let Some(stored) = memory.intents.get_mut(&earlier) {
                    if let Some(outcome) = stored.outcome() {
                        return Ok(outcome);
                    }
                    stored.unpaid.abandoned = true;
                }
            }
            let entry = (keyed.request.clone(), intent.order_id);
            memory.keys.insert(keyed.key.clone(), entry);
        }
        let stored = StoredIntent {
            unpaid: Unpaid::default(),
            leased: true,
        };
        memory.intents.insert(intent.order_id, stored);
        Ok(IntentOutcome::Recorded)
    }

    async fn check_key(&self, keyed: &KeyedOrderRequest) -> Result<IntentOutcome, RepositoryError> {
        let memory = self.0.lock().unwrap();
        let Some((request, earlier)) = memory.keys.get(&keyed.key) else {
            return Ok(IntentOutcome::Recorded);
        };
        if *request != keyed.request {
            return Ok(IntentOutcome::KeyReused);
        }
        if let Some(order) = memory.orders.get(earlier) {
            return Ok(IntentOutcome::AlreadyPlaced(Box::new(order.clone())));
        }
        let stored = memory.intents.get(earlier);
        Ok(stored
            .and_then(StoredIntent::outcome)
            .unwrap_or(IntentOutcome::Recorded))
    }

    async fn products(
        &self,
        product_ids: &[String],
    ) -> Result<BTreeMap<String, KnownProduct>, RepositoryError> {
        let memory = self.0.lock().unwrap();
        let known = product_ids
            .iter()
            .filter_map(|id| memory.products.get_key_value(id));
        Ok(known.map(|(id, product)| (id.clone(), product.clone())).collect())
    }

    async fn store(&self, store_id: &str) -> Result<Option<StoreSnapshot>, RepositoryError> {
        Ok(self.0.lock().unwrap().stores.get(store_id).cloned())
    }

    async fn has_stores(&self) -> Result<bool, RepositoryError> {
        Ok(!self.0.lock().unwrap().stores.is_empty())
    }

    async fn complete(&self, order: &Order) -> Result<bool, RepositoryError> {
        let order_id = order.snapshot().order_id;
        let mut memory = self.0.lock().unwrap();
        let commit = memory.next_commit.take().unwrap_or(Commit::Done);
        if commit == Commit::Lost {
            return Err(unreachable());
        }
        if commit == Commit::LeaseEndsFirst
            && let Some(intent) = memory.intents.get_mut(&order_id)
        {
            intent.unpaid.abandoned = true;
        }
        if memory
            .intents
            .get(&order_id)
            .is_none_or(|intent| intent.unpaid.abandoned)
        {
            return Ok(false);
        }
        memory.intents.remove(&order_id);
        memory.orders.insert(order_id, order.clone());
        if commit == Commit::ResponseLost {
            return Err(unreachable());
        }
        Ok(true)
    }

    async fn delete_intent(&self, order_id: OrderId) -> Result<(), RepositoryError> {
        self.0.lock().unwrap().intents.remove(&order_id);
        Ok(())
    }

    async fn await_payment(
        &self,
        awaiting: &AwaitingOrder,
        _lease: Duration,
    ) -> Result<WaitOutcome, RepositoryError> {
        let mut memory = self.0.lock().unwrap();
        Ok(match memory.intents.get_mut(&awaiting.order_id()) {
            Some(intent) if intent.unpaid.may_wait() => {
                intent.unpaid.awaiting = Some(awaiting.clone());
                WaitOutcome::Waiting
            }
            Some(intent) if !intent.unpaid.abandoned => WaitOutcome::Paid,
            _ => WaitOutcome::GivenUp,
        })
    }

    async fn find_unpaid(&self, order_id: OrderId) -> Result<Option<Unpaid>, RepositoryError> {
        let memory = self.0.lock().unwrap();
        Ok(memory.intents.get(&order_id).map(|intent| intent.unpaid.clone()))
    }

    async fn abandon_intent(&self, order_id: OrderId) -> Result<bool, RepositoryError> {
        let mut memory = self.0.lock().unwrap();
        let intent = memory.intents.get_mut(&order_id);
        let Some(intent) = intent.filter(|intent| !intent.unpaid.voided) else {
            return Ok(false);
        };
        intent.unpaid.abandoned = true;
        intent.leased = false;
        Ok(true)
    }

    async fn claim_intents(
        &self,
        most: u32,
        _lease: Duration,
    ) -> Result<Vec<ClaimedIntent>, RepositoryError> {
        let mut memory = self.0.lock().unwrap();
        let over = |intent: &StoredIntent| !intent.leased && !intent.unpaid.voided;
        let expired = memory.intents.iter_mut().filter(|(_, intent)| over(intent));
        Ok(expired
            .take(most as usize)
            .map(|(order_id, intent)| {
                intent.leased = true;
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
            .collect())
    }

    async fn settle_intent(&self, order_id: OrderId, _kept: Duration) -> Result<(), RepositoryError> {
        let mut memory = self.0.lock().unwrap();
        match memory.intents.get_mut(&order_id) {
            Some(intent) if intent.unpaid.awaiting.is_some() => intent.unpaid.voided = true,
            _ => {
                memory.intents.remove(&order_id);
            }
        }
        Ok(())
    }

    async fn delete_keys(&self, _age: Duration) -> Result<u64, RepositoryError> {
        let mut memory = self.0.lock().unwrap();
        let deleted = memory.keys.len() as u64;
        memory.keys.clear();
        Ok(deleted)
    }

    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, RepositoryError> {
        let mut memory = self.0.lock().unwrap();
        let Some(order) = memory.orders.get_mut(&order_id) else {
            return Ok(None);
        };
        if let Some(next) = decide(order) {
            *order = next;
        }
        Ok(Some(order.clone()))
    }

    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, RepositoryError> {
        Ok(self.0.lock().unwrap().orders.get(&order_id).cloned())
    }

    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, RepositoryError> {
        let memory = self.0.lock().unwrap();
        let theirs = memory.orders.values().rev().filter(|order| {
            customer_id.is_none_or(|customer_id| order.snapshot().customer_id == customer_id)
        });
        Ok(theirs.take(limit as usize).cloned().collect())
    }
}

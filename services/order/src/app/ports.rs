//! What the use cases need from the world: a place for orders, somebody who takes payments, and the time.

use crate::basket::Wish;
use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A payment that is about to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// For the order that will be, once paid.
    pub order_id: OrderId,
    /// Who pays.
    pub customer_id: String,
    /// In won.
    pub amount: u64,
}

/// A wish that its sender can repeat without ordering twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedWish {
    /// The `Idempotency-Key`, with whose it is: two customers may well use the same.
    pub key: String,
    /// What was asked for under it.
    pub wish: Wish,
}

impl KeyedWish {
    /// `wish` under the `key` of its customer.
    pub fn new(key: &str, wish: Wish) -> Self {
        Self {
            // No customer's id has a line break in it, so that no two of these are the same by chance.
            key: format!("{}\n{key}", wish.customer_id()),
            wish,
        }
    }
}

/// What comes of noting an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// It is noted: go on and ask for the payment.
    Intent,
    /// The same wish was fulfilled before.
    OrderedBefore(Box<Order>),
    /// The same wish is being fulfilled just now.
    UnderWay,
    /// The key stands for another wish.
    OtherWish,
}

/// The place for orders failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached for now.
    #[error("the orders cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// It cannot do this.
    #[error("keeping orders failed: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// A decision about an order: its next form, or `None` to leave it. It may be asked more than once.
pub type Decide<'a> = &'a (dyn Fn(&Order) -> Option<Order> + Send + Sync);

/// Keeps orders and payment intents. Each method is atomic, and whatever changes an order publishes its
/// [`Order::announcement`] with the change.
#[async_trait]
pub trait OrderStore: Send + Sync + 'static {
    /// Notes `intent` durably for `lease`, unless `keyed` says that there is nothing (more) to do.
    async fn note(
        &self,
        intent: &Intent,
        keyed: Option<&KeyedWish>,
        lease: Duration,
    ) -> Result<Noted, StoreError>;

    /// What [`OrderStore::note`] would answer to `keyed`, with nothing noted and nothing changed.
    async fn recall(&self, keyed: &KeyedWish) -> Result<Noted, StoreError>;

    /// Turns the order's intent into the order. False, and no order, when the intent is gone or abandoned.
    async fn complete(&self, order: &Order) -> Result<bool, StoreError>;

    /// Forgets an intent that has no payment.
    async fn forget(&self, order_id: OrderId) -> Result<(), StoreError>;

    /// From now on the intent can only be settled, and may be at once.
    async fn abandon(&self, order_id: OrderId) -> Result<(), StoreError>;

    /// Abandons up to `most` intents that nobody is at work on, and gives them to the caller for `lease`.
    async fn claim(&self, most: u32, lease: Duration) -> Result<Vec<OrderId>, StoreError>;

    /// Forgets idempotency keys that are older than `age`.
    async fn forget_keys(&self, age: Duration) -> Result<u64, StoreError>;

    /// Changes an order as `decide` says and gives it as it is then; `None` when there is no such order.
    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, StoreError>;

    /// One order.
    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, StoreError>;

    /// The newest orders, of one customer or of all.
    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError>;

    /// What those of `product_ids` cost that have a price, in won; the inventory's events tell (see
    /// [`crate::consumer::price`]). A store that listens to none knows none.
    async fn prices(&self, _product_ids: &[String]) -> Result<BTreeMap<String, u64>, StoreError> {
        Ok(BTreeMap::new())
    }
}

/// What came of asking for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayAnswer {
    /// It is paid.
    Paid,
    /// It is not, and the reason for the customer.
    Refused(String),
    /// Nobody knows; the reason for the log.
    Unknown(String),
    /// The question never got to pay, so nothing was paid for it; the reason for the log.
    NotAsked(String),
}

impl PayAnswer {
    /// Whether pay has said yes or no.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Paid | Self::Refused(_))
    }
}

/// An answer of pay in time, and perhaps one that is still to come.
pub struct Asked {
    /// What was known at the deadline.
    pub answer: PayAnswer,
    /// The answer to the same question when it comes late. It ends by itself, soon enough to be waited for.
    pub late: Option<BoxFuture<'static, PayAnswer>>,
}

impl From<PayAnswer> for Asked {
    fn from(answer: PayAnswer) -> Self {
        Self { answer, late: None }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (answer, late) = (&self.answer, self.late.is_some());
        write!(formatter, "Asked({answer:?}, late: {late})")
    }
}

/// The order was not settled; it has to be tried again.
#[derive(Debug, thiserror::Error)]
#[error("voiding the payment: {0}")]
pub struct VoidError(pub String);

/// Takes payments.
#[async_trait]
pub trait Payments: Send + Sync + 'static {
    /// Whether it makes sense to ask just now. When not, the customer is told so at once.
    fn admits(&self) -> bool {
        true
    }

    /// Asks for a payment, within a deadline of its own. Asking again for the same order is no second payment.
    async fn pay(&self, intent: &Intent) -> Asked;

    /// Makes sure that the order is not paid and never will be.
    async fn void(&self, order_id: OrderId) -> Result<(), VoidError>;
}

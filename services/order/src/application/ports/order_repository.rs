//! The repository of orders and payment intents.

use crate::domain::{AwaitingOrder, KnownProduct, Order, OrderRequest, Recipient, Unpaid};
use async_trait::async_trait;
use fdp_contracts::{OrderId, StoreSnapshot};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

/// The intent to pay for an order, recorded before the payment is requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentIntent {
    /// The id of the order that is placed once the payment is approved.
    pub order_id: OrderId,
    /// The customer who pays.
    pub customer_id: String,
    /// In won.
    pub amount: u64,
    /// Whom the order goes to, if the customer has said. Recorded with the intent, and kept apart from it.
    pub recipient: Option<Recipient>,
}

/// An order request that the client can repeat without placing a second order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedOrderRequest {
    /// The `Idempotency-Key`, prefixed with the customer: two customers may use the same key.
    pub key: String,
    /// The request that was sent with it.
    pub request: OrderRequest,
}

impl KeyedOrderRequest {
    /// Combines `request` with the `key` of its customer.
    pub fn new(key: &str, request: OrderRequest) -> Self {
        Self {
            // A customer id has no line break, so two of these keys are never equal by accident.
            key: format!("{}\n{key}", request.customer_id()),
            request,
        }
    }
}

/// The result of recording a payment intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentOutcome {
    /// The intent is recorded: request the payment.
    Recorded,
    /// The same request has placed an order before.
    AlreadyPlaced(Box<Order>),
    /// The same request is still in progress.
    InProgress,
    /// The same request waits for its customer to pay.
    AwaitingPayment(Box<AwaitingOrder>),
    /// The same request has waited for its customer to pay, and was given up.
    NotPaid,
    /// The key was used with another request.
    KeyReused,
}

/// The result of recording that an intent waits for its customer to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitOutcome {
    /// It waits.
    Waiting,
    /// It is paid already: place the order.
    Paid,
    /// It was given up meanwhile, and its payment is being voided.
    GivenUp,
}

/// An intent that was claimed to be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimedIntent {
    /// It is given up: its payment has to be voided.
    GivenUp(OrderId),
    /// Its customer has not paid in time, as far as is known here. It is not given up yet.
    Overdue(Box<AwaitingOrder>),
}

impl ClaimedIntent {
    /// The order that it did not become.
    pub fn order_id(&self) -> OrderId {
        match self {
            Self::GivenUp(order_id) => *order_id,
            Self::Overdue(awaiting) => awaiting.order_id(),
        }
    }
}

/// The repository failed.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The database is temporarily unavailable.
    #[error("the orders cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The database rejected the operation.
    #[error("keeping orders failed: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// What is stored cannot be read by this version, and will not become readable by itself.
    #[error("a stored order cannot be read: {0}")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
}

/// A decision about an order: the changed order, or `None` to leave it unchanged. It may be called more than once.
pub type Decide<'a> = &'a (dyn Fn(&Order) -> Option<Order> + Send + Sync);

/// Stores orders and payment intents. Each method is atomic, and a change of an order is committed together with its
/// [`Order::announcement`].
#[async_trait]
pub trait OrderRepository: Send + Sync + 'static {
    /// Records `intent` durably for `lease`, unless `keyed` shows that there is nothing to do.
    async fn record_intent(
        &self,
        intent: &PaymentIntent,
        keyed: Option<&KeyedOrderRequest>,
        lease: Duration,
    ) -> Result<IntentOutcome, RepositoryError>;

    /// The result that [`OrderRepository::record_intent`] would have for `keyed`, without any change.
    async fn check_key(&self, keyed: &KeyedOrderRequest) -> Result<IntentOutcome, RepositoryError>;

    /// Replaces the order's intent by the order. Returns false, and stores no order, if the intent is gone or
    /// abandoned.
    async fn complete(&self, order: &Order) -> Result<bool, RepositoryError>;

    /// Deletes an intent that has no payment, and its recipient.
    async fn delete_intent(&self, order_id: OrderId) -> Result<(), RepositoryError>;

    /// Records that the intent of an order waits for its customer to pay, and prolongs its lease by `lease` from now.
    async fn await_payment(
        &self,
        awaiting: &AwaitingOrder,
        lease: Duration,
    ) -> Result<WaitOutcome, RepositoryError>;

    /// The intent of an order; `None` if there is none, as when there is an order.
    async fn find_unpaid(&self, order_id: OrderId) -> Result<Option<Unpaid>, RepositoryError>;

    /// Abandons an intent: from now on, its payment can only be compensated, and the compensation may begin at once.
    /// Returns false if there is no intent, as when there is an order.
    async fn abandon_intent(&self, order_id: OrderId) -> Result<bool, RepositoryError>;

    /// Leases up to `most` intents whose lease has ended to the caller for `lease`. Those that do not wait for their
    /// customer are abandoned.
    async fn claim_intents(&self, most: u32, lease: Duration) -> Result<Vec<ClaimedIntent>, RepositoryError>;

    /// Ends an abandoned intent whose payment is voided: one that waited for its customer is kept for `kept`, and any other
    /// is deleted.
    async fn settle_intent(&self, order_id: OrderId, kept: Duration) -> Result<(), RepositoryError>;

    /// Deletes idempotency keys that are older than `age`, and settled intents that need not be kept any longer.
    async fn delete_keys(&self, age: Duration) -> Result<u64, RepositoryError>;

    /// Applies `decide` to an order and returns the current order; `None` if there is no such order.
    async fn change(&self, order_id: OrderId, decide: Decide<'_>) -> Result<Option<Order>, RepositoryError>;

    /// Finds an order.
    async fn find(&self, order_id: OrderId) -> Result<Option<Order>, RepositoryError>;

    /// The newest orders, of one customer or of all.
    async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, RepositoryError>;

    /// Those of the products with `product_ids` that there are, as the inventory tells (see
    /// [`crate::application::PriceUpdates`]).
    async fn products(
        &self,
        product_ids: &[String],
    ) -> Result<BTreeMap<String, KnownProduct>, RepositoryError>;

    /// What the store offers, if it has told (see [`crate::application::StoreUpdates`]).
    async fn store(&self, store_id: &str) -> Result<Option<StoreSnapshot>, RepositoryError>;

    /// Whether any store has told what it offers.
    async fn has_stores(&self) -> Result<bool, RepositoryError>;
}

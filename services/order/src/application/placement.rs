//! The use case of placing an order, which is the first half of the saga.
//!
//! A payment intent is recorded durably, the payment is requested, and one transaction replaces the intent by the
//! order. Any failure in between leaves an intent, whose payment is voided later (see [`super::payment_compensation`]).
//! Where the customer has to do something to pay, the intent waits for that (see [`super::awaiting_payment`]).
//! An abandoned intent never becomes an order, so there is no order without a payment and no payment without an order.

use crate::application::Orders;
use crate::application::payment_attempts::{self, Outcome};
use crate::application::ports::{
    IntentOutcome, KeyedOrderRequest, NotAdmitted, PaymentIntent, RepositoryError,
};
use crate::domain::{AwaitingOrder, Basket, InvalidOrder, Order, OrderRequest, PriceList};
use chrono::{DateTime, Utc};
use fdp_contracts::{Opening, OrderId, StoreSnapshot};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The lease of an intent: longer than both requests to pay, and the database statements around them.
const PLACEMENT_LEASE: Duration = Duration::from_secs(5);
/// How long after an order is admitted a second request to pay may be sent.
const RETRY_WINDOW: Duration = Duration::from_secs(2);
/// How often to look whether the event of a new store or product has arrived.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A placed order, and whether this call placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// False if an earlier request with the same key placed it.
    pub new: bool,
}

/// What has become of a request to place an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It is paid and placed.
    Placed(Placed),
    /// Its customer has to pay first, and so does whoever repeats the request.
    AwaitingPayment(AwaitingOrder),
}

impl Placement {
    /// The order, or the one that it becomes.
    pub fn order_id(&self) -> OrderId {
        match self {
            Self::Placed(placed) => placed.order.snapshot().order_id,
            Self::AwaitingPayment(awaiting) => awaiting.order_id(),
        }
    }
}

/// Why no order was placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The request is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidOrder),
    /// The key was used with another request.
    #[error("this Idempotency-Key was used with another body; send a new key with a new order")]
    KeyReused,
    /// The same request is still in progress.
    #[error("an order with this Idempotency-Key is being placed just now; ask again in a moment")]
    InProgress,
    /// The request has waited for its customer to pay, in vain.
    #[error(
        "the payment was not finished in time, or was given up; nothing was ordered or charged, please order again with a \
         new Idempotency-Key"
    )]
    NotPaid,
    /// Pay refused the payment.
    #[error("the payment was refused: {0}")]
    PaymentRefused(String),
    /// Pay cannot be reached, or its response is unknown. If the payment was made anyway, it is voided.
    #[error("the payment service does not answer; nothing was ordered or paid, please pay in a moment")]
    PaymentUnavailable,
    /// So many want to pay that this one would have to wait too long.
    #[error(
        "so many are paying at the moment that it would take too long; nothing was ordered or paid, please pay in a moment"
    )]
    PaymentBusy,
    /// No store has told what it offers, as in the first seconds of a platform.
    #[error("no store has told yet what it offers; nothing was ordered or paid, please order in a moment")]
    NoMenus,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl From<NotAdmitted> for PlaceError {
    fn from(why: NotAdmitted) -> Self {
        match why {
            NotAdmitted::Unavailable => Self::PaymentUnavailable,
            NotAdmitted::Busy => Self::PaymentBusy,
        }
    }
}

impl Orders {
    /// Places and pays an order. With a `key`, repeating the request returns the same order.
    ///
    /// # Errors
    /// When no order was placed. If the payment was made anyway, it is voided.
    pub async fn place(&self, request: OrderRequest, key: Option<String>) -> Result<Placement, PlaceError> {
        let placed = self.place_uncounted(request, key).await;
        let outcome = match &placed {
            Ok(Placement::Placed(Placed { new: true, .. })) => "placed",
            Ok(Placement::Placed(Placed { new: false, .. })) => "repeated",
            Ok(Placement::AwaitingPayment(_)) => "awaiting_payment",
            Err(PlaceError::PaymentRefused(_)) => "payment_refused",
            Err(PlaceError::PaymentUnavailable) => "payment_unavailable",
            Err(PlaceError::PaymentBusy) => "payment_busy",
            Err(PlaceError::NoMenus) => "no_menus",
            Err(PlaceError::Repository(_)) => "failed",
            Err(_) => "invalid",
        };
        metrics::counter!("orders_total", "outcome" => outcome).increment(1);
        placed
    }

    async fn place_uncounted(
        &self,
        request: OrderRequest,
        key: Option<String>,
    ) -> Result<Placement, PlaceError> {
        request.check()?;
        let (request, recipient) = request.without_recipient();
        let keyed = key.map(|key| KeyedOrderRequest::new(&key, request.clone()));
        let basket = match self.basket_in_time(&request).await {
            Ok(basket) => basket,
            Err(PlaceError::Invalid(error)) if !error.depends_on_prices() => return Err(error.into()),
            Err(error) => return self.check_key(keyed.as_ref(), error).await,
        };
        // Kept until the order is placed or not. Before anything is recorded, so that who is not admitted costs little.
        let _admitted = match self.payments.admit().await {
            Ok(admitted) => admitted,
            Err(why) => return self.check_key(keyed.as_ref(), why.into()).await,
        };
        let retry_until = self.clock.now() + RETRY_WINDOW;
        let order_id = OrderId::new();
        let intent = PaymentIntent {
            order_id,
            customer_id: basket.customer_id.clone(),
            amount: basket.amount,
            recipient,
        };
        let recorded = self
            .repository
            .record_intent(&intent, keyed.as_ref(), PLACEMENT_LEASE)
            .await?;
        if let Some(earlier) = earlier_result(recorded) {
            return earlier;
        }
        let payment = self.pay(&intent, || self.clock.now() < retry_until).await?;
        let order = Order::place(order_id, basket, self.clock.now());
        match payment {
            Payment::Made => self.complete(order).await,
            Payment::LeftToCustomer { pay_url, expires_at } => {
                self.await_payment(AwaitingOrder::new(order, pay_url, expires_at))
                    .await
            }
        }
    }

    /// Places an order whose payment is made.
    pub(super) async fn complete(&self, order: Order) -> Result<Placement, PlaceError> {
        let (order_id, amount) = (order.snapshot().order_id, order.snapshot().amount);
        if !self.repository.complete(&order).await? {
            tracing::warn!(order_id = %order_id, "paying took so long that the payment is being voided");
            return Err(PlaceError::PaymentUnavailable);
        }
        tracing::info!(order_id = %order_id, amount, "placed");
        Ok(Placement::Placed(Placed { order, new: true }))
    }

    /// The error `otherwise`, unless the key has placed an order before: a repeated request gets its order, whatever
    /// has changed in the meantime.
    async fn check_key(
        &self,
        keyed: Option<&KeyedOrderRequest>,
        otherwise: PlaceError,
    ) -> Result<Placement, PlaceError> {
        let Some(keyed) = keyed else {
            return Err(otherwise);
        };
        let recorded = self.repository.check_key(keyed).await?;
        earlier_result(recorded).unwrap_or(Err(otherwise))
    }

    /// What is ordered, at current prices. Who has just registered a store or a product orders from it at once, though its
    /// event may still be on its way here.
    async fn basket_in_time(&self, request: &OrderRequest) -> Result<Basket, PlaceError> {
        let deadline = Instant::now() + self.patience;
        loop {
            let basket = self.basket(request.clone()).await;
            let too_early = matches!(&basket, Err(PlaceError::Invalid(why)) if why.may_be_too_early());
            if !too_early || Instant::now() >= deadline {
                return basket;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn basket(&self, request: OrderRequest) -> Result<Basket, PlaceError> {
        let product_ids = request.product_ids();
        let products = if product_ids.is_empty() {
            BTreeMap::new()
        } else {
            self.repository.products(&product_ids).await?
        };
        let list = PriceList {
            store: self.store(request.store_id(&products)).await?,
            at: self.clock.now(),
            products,
            default: self.default_unit_price,
        };
        Ok(request.into_basket(&list)?)
    }

    /// The store, if it is open.
    async fn store(&self, store_id: &str) -> Result<StoreSnapshot, PlaceError> {
        if let Some(store) = self.repository.store(store_id).await? {
            return match store.opening_at(self.clock.now()) {
                Opening::Open => Ok(store),
                Opening::Closed { until } => Err(InvalidOrder::Closed {
                    store_id: store.store_id,
                    until,
                }
                .into()),
            };
        }
        if self.repository.has_stores().await? {
            return Err(InvalidOrder::UnknownStore(store_id.to_owned()).into());
        }
        Err(PlaceError::NoMenus)
    }

    /// Requests the payment. If it is neither approved nor left to the customer, the intent is deleted or abandoned.
    async fn pay(&self, intent: &PaymentIntent, may_retry: impl Fn() -> bool) -> Result<Payment, PlaceError> {
        let order_id = intent.order_id;
        let (error, may_be_paid) =
            match payment_attempts::request_payment(&*self.payments, intent, may_retry).await {
                Outcome::Paid => return Ok(Payment::Made),
                Outcome::AwaitingCustomer { pay_url, expires_at } => {
                    return Ok(Payment::LeftToCustomer { pay_url, expires_at });
                }
                Outcome::Refused { reason, may_be_paid } => {
                    tracing::info!(order_id = %order_id, %reason, "the payment was refused");
                    (PlaceError::PaymentRefused(reason), may_be_paid)
                }
                Outcome::Unknown { reason, may_be_paid } => {
                    tracing::warn!(order_id = %order_id, %reason, may_be_paid, "pay does not answer");
                    (PlaceError::PaymentUnavailable, may_be_paid)
                }
            };
        let released = if may_be_paid {
            self.repository.abandon_intent(order_id).await.map(drop)
        } else {
            self.repository.delete_intent(order_id).await
        };
        if let Err(error) = released {
            // When the lease ends, the intent is compensated anyway.
            tracing::warn!(order_id = %order_id, %error, "the intent waits for its lease to end");
        }
        Err(error)
    }
}

/// A payment that was not refused.
enum Payment {
    /// The money is there.
    Made,
    /// The customer has to do something.
    LeftToCustomer {
        pay_url: String,
        expires_at: DateTime<Utc>,
    },
}

/// The result of an earlier request with the same key, if there is one.
fn earlier_result(recorded: IntentOutcome) -> Option<Result<Placement, PlaceError>> {
    match recorded {
        IntentOutcome::Recorded => None,
        IntentOutcome::AlreadyPlaced(order) => Some(Ok(Placement::Placed(Placed {
            order: *order,
            new: false,
        }))),
        IntentOutcome::AwaitingPayment(awaiting) => Some(Ok(Placement::AwaitingPayment(*awaiting))),
        IntentOutcome::NotPaid => Some(Err(PlaceError::NotPaid)),
        IntentOutcome::InProgress => Some(Err(PlaceError::InProgress)),
        IntentOutcome::KeyReused => Some(Err(PlaceError::KeyReused)),
    }
}

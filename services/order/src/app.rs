//! The use cases of orders: place (with the saga's first half), look up, cancel, settle.
//!
//! Placing: a durable intent is noted, pay is asked, and in one transaction the intent becomes the order. Whatever
//! breaks in between leaves an intent, and the settler has its payment voided. An intent that was abandoned can
//! never become an order, so there is no order without a payment and no payment without an order.

mod asking;
pub mod ports;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

use crate::basket::{InvalidOrder, PriceList, Wish};
use crate::domain::{Order, TooLate};
use asking::Outcome;
use fdp_contracts::OrderId;
use fdp_kit::Clock;
use futures::future::join_all;
use ports::{Intent, KeyedWish, Noted, OrderStore, Payments, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long placing may take before the settler steps in: both calls to pay, and the database around them.
const PLACING: Duration = Duration::from_secs(5);
/// How long after a customer ordered pay may still be asked again.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one round of settling may take before another replica may try.
const SETTLING: Duration = Duration::from_secs(5);
/// Intents that one round settles.
const ROUND: u32 = 50;
/// How long an `Idempotency-Key` is remembered.
const KEY_AGE: Duration = Duration::from_hours(24);

/// Orders, where they are kept and who takes their payments.
#[derive(Clone)]
pub struct Orders {
    store: Arc<dyn OrderStore>,
    payments: Arc<dyn Payments>,
    clock: Arc<dyn Clock>,
    default_unit_price: u64,
}

/// An order, and whether this call placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// False when the same wish had been fulfilled before.
    pub new: bool,
}

/// Why there is no order.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The wish cannot be ordered.
    #[error(transparent)]
    Invalid(#[from] InvalidOrder),
    /// The key stands for something else.
    #[error("this Idempotency-Key was used with another body; send a new key with a new order")]
    OtherWish,
    /// The same wish is being fulfilled.
    #[error("an order with this Idempotency-Key is being placed just now; ask again in a moment")]
    UnderWay,
    /// Pay says no.
    #[error("the payment was refused: {0}")]
    Refused(String),
    /// Pay cannot be reached or does not know. What was paid goes back by itself.
    #[error("the payment service does not answer; nothing was ordered or paid, please pay in a moment")]
    PaymentUnavailable,
    /// The place for orders failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an order was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is none.
    #[error("there is no order {0}")]
    NotFound(OrderId),
    /// It is too late.
    #[error(transparent)]
    TooLate(#[from] TooLate),
    /// The place for orders failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Orders {
    /// Orders kept in `store` and paid through `payments`; what has no price costs `default_unit_price` won.
    pub fn new(
        store: Arc<dyn OrderStore>,
        payments: Arc<dyn Payments>,
        clock: Arc<dyn Clock>,
        default_unit_price: u64,
    ) -> Self {
        Self {
            store,
            payments,
            clock,
            default_unit_price,
        }
    }

    /// Orders and pays what is wished for. With a `key`, asking again gives the same order.
    ///
    /// # Errors
    /// When there is no order now; a payment that was made for it all the same goes back by itself.
    pub async fn place(&self, wish: Wish, key: Option<String>) -> Result<Placed, PlaceError> {
        let placed = self.place_uncounted(wish, key).await;
        let outcome = match &placed {
            Ok(Placed { new: true, .. }) => "placed",
            Ok(Placed { new: false, .. }) => "repeated",
            Err(PlaceError::Refused(_)) => "payment_refused",
            Err(PlaceError::PaymentUnavailable) => "payment_unavailable",
            Err(PlaceError::Store(_)) => "failed",
            Err(_) => "invalid",
        };
        metrics::counter!("orders_total", "outcome" => outcome).increment(1);
        placed
    }

    async fn place_uncounted(&self, wish: Wish, key: Option<String>) -> Result<Placed, PlaceError> {
        let patient_until = self.clock.now() + PATIENCE;
        let keyed = key.map(|key| KeyedWish::new(&key, wish.clone()));
        let prices = self.price_list(&wish).await?;
        let basket = match wish.into_basket(&prices) {
            Ok(basket) => basket,
            Err(error) if error.depends_on_prices() => {
                return self.recall(keyed.as_ref(), error.into()).await;
            }
            Err(error) => return Err(error.into()),
        };
        if !self.payments.admits() {
            return self.recall(keyed.as_ref(), PlaceError::PaymentUnavailable).await;
        }
        let order_id = OrderId::new();
        let intent = Intent {
            order_id,
            customer_id: basket.customer_id.clone(),
            amount: basket.amount,
        };
        let noted = self.store.note(&intent, keyed.as_ref(), PLACING).await?;
        if let Some(answer) = before(noted) {
            return answer;
        }
        self.pay(&intent, || self.clock.now() < patient_until).await?;
        let order = Order::place(order_id, basket, self.clock.now());
        if !self.store.complete(&order).await? {
            tracing::warn!(order_id = %order_id, "paying took so long that the payment is being voided");
            return Err(PlaceError::PaymentUnavailable);
        }
        tracing::info!(order_id = %order_id, amount = intent.amount, "placed");
        Ok(Placed { order, new: true })
    }

    /// Why a wish cannot be ordered now, unless it was before: whoever repeats it gets its order, whatever has changed
    /// meanwhile.
    async fn recall(&self, keyed: Option<&KeyedWish>, otherwise: PlaceError) -> Result<Placed, PlaceError> {
        let Some(keyed) = keyed else {
            return Err(otherwise);
        };
        let noted = self.store.recall(keyed).await?;
        before(noted).unwrap_or(Err(otherwise))
    }

    /// What the things on a wish cost.
    async fn price_list(&self, wish: &Wish) -> Result<PriceList, StoreError> {
        let product_ids = wish.product_ids();
        let products = if product_ids.is_empty() {
            BTreeMap::new()
        } else {
            self.store.prices(&product_ids).await?
        };
        Ok(PriceList {
            products,
            otherwise: self.default_unit_price,
        })
    }

    /// Pays, or sees to it that the intent goes.
    async fn pay(&self, intent: &Intent, has_patience: impl Fn() -> bool) -> Result<(), PlaceError> {
        let order_id = intent.order_id;
        let (error, may_be_paid) = match asking::ask(&*self.payments, intent, has_patience).await {
            Outcome::Paid => return Ok(()),
            Outcome::Refused { reason, may_be_paid } => {
                tracing::info!(order_id = %order_id, %reason, "the payment was refused");
                (PlaceError::Refused(reason), may_be_paid)
            }
            Outcome::Unanswered { reason, may_be_paid } => {
                tracing::warn!(order_id = %order_id, %reason, may_be_paid, "pay does not answer");
                (PlaceError::PaymentUnavailable, may_be_paid)
            }
        };
        let settled = if may_be_paid {
            self.store.abandon(order_id).await
        } else {
            self.store.forget(order_id).await
        };
        if let Err(error) = settled {
            // The lease runs out and comes to the same.
            tracing::warn!(order_id = %order_id, %error, "the intent waits for its lease to end");
        }
        Err(error)
    }

    /// Has the payments of abandoned intents voided, and forgets them; gives how many were tried.
    ///
    /// # Errors
    /// When the intents cannot be read or forgotten.
    pub async fn settle(&self) -> Result<usize, StoreError> {
        let claimed = self.store.claim(ROUND, SETTLING).await?;
        let settled = join_all(claimed.iter().map(|order_id| self.settle_one(*order_id))).await;
        settled.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(claimed.len())
    }

    async fn settle_one(&self, order_id: OrderId) -> Result<(), StoreError> {
        match self.payments.void(order_id).await {
            Ok(()) => {
                self.store.forget(order_id).await?;
                tracing::info!(order_id = %order_id, "an abandoned payment was voided");
                metrics::counter!("payment_intents_settled_total").increment(1);
            }
            Err(error) => {
                tracing::warn!(order_id = %order_id, %error, "an abandoned payment is not voided yet");
            }
        }
        Ok(())
    }

    /// Forgets idempotency keys that nobody will repeat any more.
    ///
    /// # Errors
    /// When the place for orders fails.
    pub async fn forget_old_keys(&self) -> Result<u64, StoreError> {
        self.store.forget_keys(KEY_AGE).await
    }

    /// Takes an order back for its customer; again is no harm.
    ///
    /// # Errors
    /// When there is no such order, or it is too late.
    pub async fn cancel(&self, order_id: OrderId) -> Result<Order, CancelError> {
        let now = self.clock.now();
        let decide = |order: &Order| order.cancel(now).ok().flatten();
        let changed = self.store.change(order_id, &decide).await?;
        let order = changed.ok_or(CancelError::NotFound(order_id))?;
        // What could be cancelled is by now; what is not says why.
        order.cancel(now)?;
        Ok(order)
    }

    /// One order.
    ///
    /// # Errors
    /// When the place for orders fails.
    pub async fn find(&self, order_id: OrderId) -> Result<Option<Order>, StoreError> {
        self.store.find(order_id).await
    }

    /// The newest orders, of one customer or of all.
    ///
    /// # Errors
    /// When the place for orders fails.
    pub async fn newest(&self, customer_id: Option<&str>, limit: u32) -> Result<Vec<Order>, StoreError> {
        self.store.newest(customer_id, limit).await
    }
}

/// What a key stands for already, if it does.
fn before(noted: Noted) -> Option<Result<Placed, PlaceError>> {
    match noted {
        Noted::Intent => None,
        Noted::OrderedBefore(order) => Some(Ok(Placed {
            order: *order,
            new: false,
        })),
        Noted::UnderWay => Some(Err(PlaceError::UnderWay)),
        Noted::OtherWish => Some(Err(PlaceError::OtherWish)),
    }
}

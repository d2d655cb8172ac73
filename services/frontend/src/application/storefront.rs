//! What visitors can do: read the view, wait for an order in it, and place and cancel orders.

use super::ports::{OrderError, OrderRequest, OrderService, PaymentStanding, Placement, ViewRepository};
use crate::domain::assortment::Assortment;
use crate::domain::basket::Basket;
use crate::domain::{OrderView, Recipient};
use crate::fingerprint::fingerprint;
use chrono::Utc;
use fdp_contracts::{OrderId, OrderSnapshot, StoreSnapshot};
use fdp_storage::RepositoryError;
use fdp_storage::live::Live;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many products the shop shows.
const MAX_PRODUCTS: u32 = 60;
/// How many stores the shop shows.
const MAX_STORES: u32 = 20;

/// The use cases of visitors, with everything that requests share.
#[derive(Clone)]
pub struct Storefront {
    /// The view.
    pub view: Arc<dyn ViewRepository>,
    /// Notifies of changes in the view.
    pub live: Live<OrderId>,
    /// The order service.
    pub orders: Arc<dyn OrderService>,
    /// Price of one of a product that has no price of its own, in won.
    pub product_price: u64,
    /// Cancelled when the service stops.
    pub stopping: CancellationToken,
}

impl Storefront {
    /// An order with its history. Waits up to `max_wait` for the order's first event, because the order service
    /// responds before its event arrives here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wait_for_order(
        &self,
        order_id: OrderId,
        max_wait: Duration,
    ) -> Result<Option<OrderView>, RepositoryError> {
        let deadline = Instant::now() + max_wait;
        let mut subscription = self.live.subscribe(order_id);
        loop {
            if let Some(view) = self.view.order(order_id).await? {
                return Ok(Some(view));
            }
            tokio::select! {
                changed = tokio::time::timeout_at(deadline, subscription.changed()) => {
                    if changed.is_err() {
                        return Ok(None);
                    }
                }
                () = self.stopping.cancelled() => return Ok(None),
            }
        }
    }

    /// What is offered now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assortment(&self) -> Result<Assortment, RepositoryError> {
        Ok(Assortment {
            stores: self.view.stores(MAX_STORES).await?,
            products: self.view.products(MAX_PRODUCTS).await?,
            product_price: self.product_price,
            now: Utc::now(),
        })
    }

    /// The stores of some orders, whose menus translate the names of dishes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stores_of(&self, orders: &[OrderSnapshot]) -> Result<Vec<StoreSnapshot>, RepositoryError> {
        let store_ids: BTreeSet<&String> = orders.iter().map(|order| &order.store_id).collect();
        let store_ids: Vec<String> = store_ids.into_iter().cloned().collect();
        if store_ids.is_empty() {
            return Ok(Vec::new());
        }
        self.view.stores_by_id(&store_ids).await
    }

    /// Orders what is in the basket, to the recipient. Submitting one page twice (the same `form_key`) orders once; a changed
    /// basket or another recipient is another order.
    ///
    /// # Errors
    /// See [`OrderError`].
    pub async fn place(
        &self,
        customer_id: &str,
        basket: &Basket,
        recipient: &Recipient,
        form_key: &str,
    ) -> Result<Placement, OrderError> {
        let order = OrderRequest {
            customer_id: customer_id.to_owned(),
            store_id: basket.store_id().to_owned(),
            lines: basket.lines().to_vec(),
            delivery_fee: basket.delivery_fee(),
            deliver_to: Some(recipient.clone()).filter(|recipient| !recipient.is_empty()),
        };
        let placement = self
            .orders
            .place(&order, &idempotency_key(form_key, &order))
            .await?;
        tracing::info!(order_id = %placement.order_id(), "ordered from the shop's page");
        Ok(placement)
    }

    /// Where an order stands whose customer had to pay at a provider.
    ///
    /// # Errors
    /// See [`OrderError`].
    pub async fn payment_of(&self, order_id: OrderId) -> Result<PaymentStanding, OrderError> {
        self.orders.payment(order_id).await
    }

    /// Whom an order goes to, if that is known and the order service answers soon.
    pub async fn recipient_of(&self, order_id: OrderId) -> Option<Recipient> {
        match self.orders.recipient(order_id).await {
            Ok(recipient) => recipient,
            Err(error) => {
                tracing::debug!(%error, %order_id, "the page does not say whom the order goes to");
                None
            }
        }
    }

    /// Cancels an order.
    ///
    /// # Errors
    /// See [`OrderError`].
    pub async fn cancel(&self, order_id: OrderId) -> Result<(), OrderError> {
        self.orders.cancel(order_id).await?;
        tracing::info!(%order_id, "cancelled from the shop's page");
        Ok(())
    }
}

/// A key that is different for each page and for each order.
fn idempotency_key(form_key: &str, order: &OrderRequest) -> String {
    let order = serde_json::to_vec(order).unwrap_or_default();
    format!("shop-{}", fingerprint(&[form_key.as_bytes(), &order], 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::OrderLine;

    fn order(qty: u32) -> OrderRequest {
        OrderRequest {
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![OrderLine {
                product_id: None,
                product_name: "통닭".into(),
                qty,
                unit_price: 18_000,
            }],
            delivery_fee: 0,
            deliver_to: None,
        }
    }

    #[test]
    fn one_page_and_basket_have_one_key_and_others_have_their_own() {
        let key = idempotency_key("page", &order(1));
        assert_eq!(key, idempotency_key("page", &order(1)));
        assert_ne!(key, idempotency_key("page", &order(2)));
        assert_ne!(key, idempotency_key("another", &order(1)));
    }
}

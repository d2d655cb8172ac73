//! What the front end can do: read the view, wait for it, and pass a customer's wishes to the order service.

use crate::basket::Basket;
use crate::clients::{OrderClient, OrderError, PlaceOrder};
use crate::domain::OrderView;
use crate::menu::STORE_ID;
use crate::store;
use fdp_contracts::{OrderId, OrderSnapshot, ProductSnapshot};
use fdp_kit::live::Live;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::fmt::Write;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many products the shop shows.
const PRODUCTS: u32 = 60;

/// Everything that requests share.
#[derive(Debug, Clone)]
pub struct App {
    /// The view.
    pub pool: PgPool,
    /// News of the view.
    pub live: Live<OrderId>,
    /// The order service.
    pub orders: OrderClient,
    /// Price of one of a product that comes without a price, in won.
    pub product_price: u64,
    /// Fires when the service stops.
    pub stopping: CancellationToken,
}

impl App {
    /// What is known of an order now.
    ///
    /// # Errors
    /// When the database says no.
    pub async fn order(&self, order_id: OrderId) -> Result<Option<OrderView>, sqlx::Error> {
        store::order(&self.pool, order_id).await
    }

    /// What is known of an order, waiting up to `patience` for its first event: the order service answers before
    /// its event arrives here.
    ///
    /// # Errors
    /// When the database says no.
    pub async fn order_soon(
        &self,
        order_id: OrderId,
        patience: Duration,
    ) -> Result<Option<OrderView>, sqlx::Error> {
        let deadline = Instant::now() + patience;
        let mut subscription = self.live.subscribe(order_id);
        loop {
            if let Some(view) = self.order(order_id).await? {
                return Ok(Some(view));
            }
            tokio::select! {
                woken = tokio::time::timeout_at(deadline, subscription.changed()) => {
                    if woken.is_err() {
                        return Ok(None);
                    }
                }
                () = self.stopping.cancelled() => return Ok(None),
            }
        }
    }

    /// A customer's orders, newest first.
    ///
    /// # Errors
    /// When the database says no.
    pub async fn orders_of(&self, customer_id: &str, limit: u32) -> Result<Vec<OrderSnapshot>, sqlx::Error> {
        store::orders_of(&self.pool, customer_id, limit).await
    }

    /// The products on sale.
    ///
    /// # Errors
    /// When the database says no.
    pub async fn products(&self) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
        store::products(&self.pool, PRODUCTS).await
    }

    /// Orders what is in the basket. Pressing the button twice on one page (the same `form_key`) orders once; a
    /// changed basket is another order.
    ///
    /// # Errors
    /// See [`OrderError`].
    pub async fn place(
        &self,
        customer_id: &str,
        basket: &Basket,
        form_key: &str,
    ) -> Result<OrderId, OrderError> {
        let order = PlaceOrder {
            customer_id: customer_id.to_owned(),
            store_id: STORE_ID.to_owned(),
            lines: basket.lines().to_vec(),
        };
        let order_id = self
            .orders
            .place(&order, &idempotency_key(form_key, &order))
            .await?;
        tracing::info!(%order_id, "ordered from the shop's page");
        Ok(order_id)
    }

    /// Takes an order back.
    ///
    /// # Errors
    /// See [`OrderError`].
    pub async fn cancel(&self, order_id: OrderId) -> Result<(), OrderError> {
        self.orders.cancel(order_id).await?;
        tracing::info!(%order_id, "cancelled from the shop's page");
        Ok(())
    }
}

/// A key that differs when the page or the order does.
fn idempotency_key(form_key: &str, order: &PlaceOrder) -> String {
    let digest = Sha256::new()
        .chain_update(form_key)
        .chain_update(serde_json::to_vec(order).unwrap_or_default())
        .finalize();
    digest[..16].iter().fold("shop-".to_owned(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::OrderLine;

    fn order(qty: u32) -> PlaceOrder {
        PlaceOrder {
            customer_id: "100".into(),
            store_id: STORE_ID.into(),
            lines: vec![OrderLine {
                product_id: None,
                product_name: "통닭".into(),
                qty,
                unit_price: 18_000,
            }],
        }
    }

    #[test]
    fn a_second_press_has_the_key_of_the_first_and_another_page_or_basket_has_its_own() {
        let key = idempotency_key("page", &order(1));
        assert_eq!(key, idempotency_key("page", &order(1)));
        assert_ne!(key, idempotency_key("page", &order(2)));
        assert_ne!(key, idempotency_key("another", &order(1)));
    }
}

//! What marketing does: counts orders, takes back those that ended early, and recommends what is ordered most.

use crate::domain::{self, Recommendation};
use crate::store;
use fdp_contracts::OrderSnapshot;
use sqlx::{PgConnection, PgPool};

/// The recommendations, for those who ask.
#[derive(Debug, Clone)]
pub struct Recommendations {
    pool: PgPool,
}

impl Recommendations {
    /// Works on the database behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The best `limit` recommendations for a customer, or for one that is not known, best first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recommend(
        &self,
        customer_id: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Recommendation>, sqlx::Error> {
        let counted = store::popularities(&self.pool, customer_id).await?;
        Ok(domain::recommend(counted, limit))
    }
}

/// An order was placed: counts its items, once.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn count(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    if store::note_order(connection, order.order_id, false).await? {
        count_items(connection, order, 1).await?;
    }
    Ok(())
}

/// An order has ended before the door: its items count no more. One that was not counted yet never will be.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn withdraw(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    if store::note_order(connection, order.order_id, true).await? {
        return Ok(());
    }
    if store::withdraw_order(connection, order.order_id).await? {
        count_items(connection, order, -1).await?;
    }
    Ok(())
}

/// In the order of their keys, so that two orders of one customer never wait for each other.
async fn count_items(
    connection: &mut PgConnection,
    order: &OrderSnapshot,
    change: i64,
) -> Result<(), sqlx::Error> {
    for item in domain::items(order).values() {
        store::count(connection, &order.customer_id, item, change).await?;
    }
    let order_id = order.order_id;
    tracing::debug!(%order_id, change, "an order was counted");
    Ok(())
}

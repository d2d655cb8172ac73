//! What inventory does: register products, take stock for an order, and put it back. Each is one transaction.

use crate::domain::{self, Outcome, Reservation};
use crate::store;
use chrono::{DateTime, SubsecRound, Utc};
use fdp_contracts::{Event, OrderSnapshot, ProductSnapshot, topic};
use fdp_kit::outbox;
use sqlx::{PgConnection, PgPool};

const SERVICE: &str = "inventory";

/// The use cases that people ask for.
#[derive(Debug, Clone)]
pub struct Inventory {
    pool: PgPool,
}

/// A product as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Its id.
    pub product_id: String,
    /// What the customer reads.
    pub product_name: String,
    /// How many can be ordered from now on.
    pub stock: u32,
}

impl Inventory {
    /// Works on the database behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Registers a product, or replaces its name and stock; says also whether it is new.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn register(&self, product: NewProduct) -> Result<(ProductSnapshot, bool), sqlx::Error> {
        let product = ProductSnapshot {
            product_id: product.product_id,
            product_name: product.product_name,
            stock: product.stock.into(),
            changed_at: now(),
        };
        let mut transaction = self.pool.begin().await?;
        let new = store::put(&mut transaction, &product).await?;
        publish(&mut transaction, Event::Product(product.clone())).await?;
        transaction.commit().await?;
        tracing::info!(product_id = %product.product_id, stock = product.stock, new, "a product was registered");
        Ok((product, new))
    }

    /// One product, if there is such a one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product(&self, product_id: &str) -> Result<Option<ProductSnapshot>, sqlx::Error> {
        store::find(&self.pool, product_id).await
    }

    /// All products by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products(&self) -> Result<Vec<ProductSnapshot>, sqlx::Error> {
        store::list(&self.pool).await
    }
}

/// An order was placed: takes all that it needs from stock, or nothing. Does nothing for an order that has asked
/// before or has ended, and for one that needs no stock.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn take(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    let lines = domain::stocked_lines(order);
    if lines.is_empty()
        || store::lock_reservation(connection, order.order_id)
            .await?
            .is_some()
    {
        return Ok(());
    }
    let products = store::lock_products(connection, &lines).await?;
    let reservation = Reservation::decide(order.order_id, lines, &products, now());
    if !store::insert_reservation(connection, &reservation).await? {
        return Ok(());
    }
    if reservation.outcome == Outcome::Taken {
        move_stock(connection, &reservation, -1).await?;
    }
    announce(connection, &reservation).await
}

/// An order has ended before the door: what it holds goes back, once. One that has not asked yet never will.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn give_back(connection: &mut PgConnection, order: &OrderSnapshot) -> Result<(), sqlx::Error> {
    let lines = domain::stocked_lines(order);
    if lines.is_empty() {
        return Ok(());
    }
    let tombstone = Reservation::cancelled(order.order_id, lines, now());
    if store::insert_reservation(connection, &tombstone).await? {
        return Ok(());
    }
    let Some(mut reservation) = store::lock_reservation(connection, order.order_id).await? else {
        return Ok(());
    };
    if !reservation.give_back(now()) {
        return Ok(());
    }
    store::save_outcome(connection, &reservation).await?;
    move_stock(connection, &reservation, 1).await?;
    announce(connection, &reservation).await
}

/// Moves each line's quantity times `sign`, and announces each product's new stock.
async fn move_stock(
    connection: &mut PgConnection,
    reservation: &Reservation,
    sign: i64,
) -> Result<(), sqlx::Error> {
    for line in &reservation.lines {
        let change = sign * i64::from(line.qty);
        let moved = store::move_stock(connection, &line.product_id, change, reservation.changed_at).await?;
        // Cannot happen while the products are locked and never deleted; were it to, taking what is not there
        // would be worse than trying again.
        let product = moved.ok_or(sqlx::Error::RowNotFound)?;
        publish(connection, Event::Product(product)).await?;
    }
    Ok(())
}

async fn announce(connection: &mut PgConnection, reservation: &Reservation) -> Result<(), sqlx::Error> {
    if let Some(movement) = reservation.movement() {
        tracing::info!(
            order_id = %movement.order_id, outcome = ?movement.outcome, reason = movement.reason,
            "an order moved stock",
        );
        publish(connection, Event::Stock(movement)).await?;
    }
    Ok(())
}

async fn publish(connection: &mut PgConnection, event: Event) -> Result<(), sqlx::Error> {
    outbox::append(connection, SERVICE, topic::INVENTORY, event).await?;
    Ok(())
}

/// The time, as exact as PostgreSQL keeps it.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

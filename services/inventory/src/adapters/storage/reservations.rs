//! The table `reservations`, and the stock that a batch of events affects. A batch costs one statement a table:
//! reservations first and products second, each in the order of their ids, so that two transactions never deadlock.

use super::products;
use crate::application::ports::StockTransaction;
use crate::domain::reservation::{Outcome, Reservation};
use crate::domain::stock::Stock;
use async_trait::async_trait;
use fdp_contracts::{OrderId, ProductSnapshot, StockLine};
use fdp_storage::rows::{column, parsed};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use std::collections::BTreeSet;

fn reservation(row: &PgRow) -> Result<Reservation, sqlx::Error> {
    let outcome: &str = row.try_get("outcome")?;
    Ok(Reservation {
        order_id: parsed(row, "order_id")?,
        lines: row.try_get::<Json<Vec<StockLine>>, _>("lines")?.0,
        outcome: Outcome::ALL
            .into_iter()
            .find(|known| known.name() == outcome)
            .ok_or_else(|| sqlx::Error::Decode(format!("'{outcome}' is no outcome").into()))?,
        reason: row.try_get("reason")?,
        changed_at: row.try_get("changed_at")?,
    })
}

#[async_trait]
impl StockTransaction for PgConnection {
    type Error = sqlx::Error;

    async fn lock_stock(
        &mut self,
        order_ids: &BTreeSet<OrderId>,
        mut product_ids: BTreeSet<String>,
    ) -> Result<Stock, sqlx::Error> {
        let reservations = sqlx::query(
            "SELECT order_id, lines, outcome, reason, changed_at \
             FROM reservations WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE",
        )
        .bind(column(order_ids, OrderId::to_string))
        .try_map(|row| reservation(&row))
        .fetch_all(&mut *self)
        .await?;
        let mut stock = Stock::default();
        for reservation in reservations {
            // A release restores what the reservation holds, whatever the lines of the event are.
            product_ids.extend(reservation.lines.iter().map(|line| line.product_id.clone()));
            stock.reservations.insert(reservation.order_id, reservation);
        }
        let product_ids: Vec<String> = product_ids.into_iter().collect();
        for product in products::lock(self, &product_ids).await? {
            stock.products.insert(product.product_id.clone(), product);
        }
        Ok(stock)
    }

    async fn save_stock(&mut self, before: &Stock, after: &Stock) -> Result<bool, sqlx::Error> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (order_id, reservation) in &after.reservations {
            match before.reservations.get(order_id) {
                None => new.push(reservation),
                Some(known) if known != reservation => changed.push(reservation),
                Some(_) => {}
            }
        }
        if !new.is_empty() && insert(self, &new).await? != new.len() as u64 {
            return Ok(false);
        }
        if !changed.is_empty() {
            update(self, &changed).await?;
        }
        let moved = |product: &&ProductSnapshot| before.products.get(&product.product_id) != Some(product);
        let products: Vec<_> = after.products.values().filter(moved).collect();
        if !products.is_empty() {
            products::update(self, &products).await?;
        }
        Ok(true)
    }
}

/// Inserts reservations, and returns how many: fewer than given if an order has one already.
async fn insert(connection: &mut PgConnection, reservations: &[&Reservation]) -> Result<u64, sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO reservations (order_id, lines, outcome, reason, changed_at) \
         SELECT * FROM unnest($1::text[], $2::jsonb[], $3::text[], $4::text[], $5::timestamptz[]) \
         ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(column(reservations, |reservation| {
        reservation.order_id.to_string()
    }))
    .bind(column(reservations, |reservation| Json(&reservation.lines)))
    .bind(column(reservations, |reservation| reservation.outcome.name()))
    .bind(column(reservations, |reservation| reservation.reason.as_deref()))
    .bind(column(reservations, |reservation| reservation.changed_at))
    .execute(connection)
    .await?;
    Ok(written.rows_affected())
}

/// Writes the outcomes of locked reservations.
async fn update(connection: &mut PgConnection, reservations: &[&Reservation]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE reservations SET outcome = new.outcome, changed_at = new.changed_at \
         FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS new (order_id, outcome, changed_at) \
         WHERE reservations.order_id = new.order_id",
    )
    .bind(column(reservations, |reservation| {
        reservation.order_id.to_string()
    }))
    .bind(column(reservations, |reservation| reservation.outcome.name()))
    .bind(column(reservations, |reservation| reservation.changed_at))
    .execute(connection)
    .await
    .map(drop)
}

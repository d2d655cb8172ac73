//! Payment intents whose payment is approved, many at a time within a transaction.

use crate::adapters::storage::postgres::OrderTable;
use crate::adapters::storage::postgres::intents::unpaid;
use crate::application::PaymentApprovals;
use crate::domain::Order;
use fdp_contracts::OrderId;
use fdp_storage::ledger::Table as _;
use fdp_storage::rows::column;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Uuid;

/// The table `payment_intents`, within a transaction.
pub(crate) struct PgApprovals<'a>(pub(crate) &'a mut PgConnection);

impl PgApprovals<'_> {
    /// The intents of these orders, locked until the transaction ends: until then nobody gives them up.
    pub(crate) async fn lock(self, order_ids: &[OrderId]) -> Result<PaymentApprovals, sqlx::Error> {
        if order_ids.is_empty() {
            return Ok(PaymentApprovals::default());
        }
        let locked = sqlx::query(
            "SELECT order_id, awaiting, told_paid, abandoned, voided FROM payment_intents \
             WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE",
        )
        .bind(column(order_ids, |order_id| order_id.uuid()))
        .try_map(|row: PgRow| Ok((OrderId::from(row.try_get::<Uuid, _>("order_id")?), unpaid(&row)?)))
        .fetch_all(self.0)
        .await?;
        Ok(PaymentApprovals::of(locked.into_iter().collect()))
    }

    /// Replaces intents by the orders that they have become, and marks those that have to remember the news. Returns false
    /// if another transaction has stored one of the orders meanwhile.
    pub(crate) async fn save(self, approvals: &PaymentApprovals) -> Result<bool, sqlx::Error> {
        let placed: Vec<&Order> = approvals.placed().iter().collect();
        if !placed.is_empty() {
            sqlx::query("DELETE FROM payment_intents WHERE order_id = ANY($1)")
                .bind(column(&placed, |order| order.snapshot().order_id.uuid()))
                .execute(&mut *self.0)
                .await?;
            if OrderTable::insert(self.0, &placed).await? != placed.len() as u64 {
                return Ok(false);
            }
        }
        if !approvals.told().is_empty() {
            sqlx::query("UPDATE payment_intents SET told_paid = true WHERE order_id = ANY($1)")
                .bind(column(approvals.told(), |order_id| order_id.uuid()))
                .execute(self.0)
                .await?;
        }
        Ok(true)
    }
}

//! The table `payments`, read and written many rows at a time.

use crate::adapters::storage::rows::{payment, select};
use crate::domain::Payment;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::ledger::Table;
use fdp_storage::rows::{column, number};
use sqlx::{PgConnection, PgPool};

/// Beside the statement's own work: whatever a provider has of the payments of `given` that are not approved is not wanted any
/// more. Where no provider is used, there is no such row.
macro_rules! unwanted {
    () => {
        "unwanted AS ( \
            UPDATE provider_payments SET wanted = 'Nothing', next_attempt_at = now() FROM given \
            WHERE provider_payments.order_id = given.order_id AND provider_payments.wanted <> 'Nothing' \
            AND given.state <> 'Approved') "
    };
}
pub(super) use unwanted;

const ADD: &str = concat!(
    "WITH given AS ( \
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[]) \
        AS given (order_id, payment_id, customer_id, amount, state, changed_at)), ",
    unwanted!(),
    "INSERT INTO payments (order_id, payment_id, customer_id, amount, state, changed_at) \
     SELECT order_id, payment_id, customer_id, amount, state, changed_at FROM given \
     ON CONFLICT (order_id) DO NOTHING"
);

const UPDATE: &str = concat!(
    "WITH given AS ( \
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS given (order_id, state, changed_at)), ",
    unwanted!(),
    "UPDATE payments SET state = given.state, changed_at = given.changed_at \
     FROM given WHERE payments.order_id = given.order_id"
);

/// The table `payments`.
#[derive(Debug)]
pub struct PaymentTable;

#[async_trait]
impl Table for PaymentTable {
    type Aggregate = Payment;

    fn order_id(payment: &Payment) -> OrderId {
        payment.order_id
    }

    async fn lock(connection: &mut PgConnection, order_ids: &[OrderId]) -> Result<Vec<Payment>, sqlx::Error> {
        sqlx::query(select!("WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE"))
            .bind(column(order_ids, |order_id| order_id.uuid()))
            .try_map(|row| payment(&row))
            .fetch_all(connection)
            .await
    }

    async fn insert(connection: &mut PgConnection, payments: &[&Payment]) -> Result<u64, sqlx::Error> {
        let amounts = payments.iter().map(|payment| number(payment.amount));
        let added = sqlx::query(ADD)
            .bind(column(payments, |payment| payment.order_id.uuid()))
            .bind(column(payments, |payment| payment.payment_id.uuid()))
            .bind(column(payments, |payment| payment.customer_id.as_deref()))
            .bind(amounts.collect::<Result<Vec<_>, _>>()?)
            .bind(column(payments, |payment| payment.state.name()))
            .bind(column(payments, |payment| payment.changed_at))
            .execute(connection)
            .await?;
        Ok(added.rows_affected())
    }

    async fn update(connection: &mut PgConnection, payments: &[&Payment]) -> Result<(), sqlx::Error> {
        sqlx::query(UPDATE)
            .bind(column(payments, |payment| payment.order_id.uuid()))
            .bind(column(payments, |payment| payment.state.name()))
            .bind(column(payments, |payment| payment.changed_at))
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Payment>, sqlx::Error> {
        sqlx::query(select!("WHERE order_id = $1"))
            .bind(order_id.uuid())
            .try_map(|row| payment(&row))
            .fetch_optional(pool)
            .await
    }
}

//! Reads payments for display: the ledger's, together with what a provider has of them.

use crate::adapters::storage::provider_rows::{columns, provider_payment};
use crate::adapters::storage::rows::{payment, select};
use crate::application::ports::{ShownAtProvider, ShownPayment};
use crate::domain::Payment;
use fdp_contracts::{OrderId, PaymentId};
use fdp_storage::rows::column;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use std::collections::HashMap;

const AT_PROVIDER: &str = concat!(
    "SELECT p.provider, ",
    columns!(),
    " FROM provider_payments p WHERE p.order_id = ANY($1)"
);

/// The payment with that id.
pub(super) async fn find_by_id(
    pool: &PgPool,
    payment_id: PaymentId,
) -> Result<Option<ShownPayment>, sqlx::Error> {
    let found = sqlx::query(select!("WHERE payment_id = $1"))
        .bind(payment_id.uuid())
        .try_map(|row| payment(&row))
        .fetch_all(pool)
        .await?;
    Ok(with_provider(pool, found).await?.pop())
}

/// The newest payments, of one order or of all.
pub(super) async fn newest(
    pool: &PgPool,
    order_id: Option<OrderId>,
    limit: u32,
) -> Result<Vec<ShownPayment>, sqlx::Error> {
    let found = sqlx::query(select!(
        "WHERE ($1::uuid IS NULL OR order_id = $1) ORDER BY payment_id DESC LIMIT $2"
    ))
    .bind(order_id.map(OrderId::uuid))
    .bind(i64::from(limit))
    .try_map(|row| payment(&row))
    .fetch_all(pool)
    .await?;
    with_provider(pool, found).await
}

async fn with_provider(pool: &PgPool, payments: Vec<Payment>) -> Result<Vec<ShownPayment>, sqlx::Error> {
    let at_provider = sqlx::query(AT_PROVIDER)
        .bind(column(&payments, |payment| payment.order_id.uuid()))
        .try_map(|row: PgRow| {
            Ok(ShownAtProvider {
                provider: row.try_get("provider")?,
                payment: provider_payment(&row)?,
            })
        })
        .fetch_all(pool)
        .await?;
    let mut by_order: HashMap<OrderId, ShownAtProvider> = at_provider
        .into_iter()
        .map(|shown| (shown.payment.order_id, shown))
        .collect();
    let shown = payments.into_iter().map(|payment| ShownPayment {
        at_provider: by_order.remove(&payment.order_id),
        payment,
    });
    Ok(shown.collect())
}

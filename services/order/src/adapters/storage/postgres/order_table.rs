//! The table `orders`, read and written many rows at a time.

use crate::domain::Order;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::ledger::Table;
use fdp_storage::rows::column;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::types::Json;

/// The table `orders`.
#[derive(Debug)]
pub enum OrderTable {}

#[async_trait]
impl Table for OrderTable {
    type Aggregate = Order;

    fn order_id(order: &Order) -> OrderId {
        order.snapshot().order_id
    }

    async fn lock(connection: &mut PgConnection, order_ids: &[OrderId]) -> Result<Vec<Order>, sqlx::Error> {
        let found: Vec<Json<Order>> = sqlx::query_scalar(
            "SELECT document FROM orders WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE",
        )
        .bind(column(order_ids, |order_id| order_id.uuid()))
        .fetch_all(connection)
        .await?;
        Ok(found.into_iter().map(|Json(order)| order).collect())
    }

    async fn insert(connection: &mut PgConnection, orders: &[&Order]) -> Result<u64, sqlx::Error> {
        let inserted = sqlx::query(
            "INSERT INTO orders (order_id, customer_id, document) \
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) ON CONFLICT DO NOTHING",
        )
        .bind(column(orders, |order| order.snapshot().order_id.uuid()))
        .bind(column(orders, |order| order.snapshot().customer_id.as_str()))
        .bind(column(orders, |order| Json(*order)))
        .execute(connection)
        .await?;
        Ok(inserted.rows_affected())
    }

    async fn update(connection: &mut PgConnection, orders: &[&Order]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE orders SET document = changed.document \
             FROM unnest($1::uuid[], $2::jsonb[]) AS changed (order_id, document) \
             WHERE orders.order_id = changed.order_id",
        )
        .bind(column(orders, |order| order.snapshot().order_id.uuid()))
        .bind(column(orders, |order| Json(*order)))
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn find(pool: &PgPool, order_id: OrderId) -> Result<Option<Order>, sqlx::Error> {
        let found: Option<Json<Order>> =
            sqlx::query_scalar("SELECT document FROM orders WHERE order_id = $1")
                .bind(order_id.uuid())
                .fetch_optional(pool)
                .await?;
        Ok(found.map(|Json(order)| order))
    }
}

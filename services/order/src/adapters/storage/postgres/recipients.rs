//! Recipients in PostgreSQL: written in the statement of their intent, so that an order never waits for a commit of its own.

use crate::adapters::storage::postgres::PgOrders;
use crate::application::ports::{RecipientRepository, RepositoryError};
use crate::domain::Recipient;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::retention::Rows;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row as _};

/// Those that were given long ago: their orders have ended by then.
pub const OLD_RECIPIENTS: Rows = Rows {
    remove: "DELETE FROM recipients WHERE order_id = ANY (ARRAY (SELECT order_id FROM recipients \
             WHERE kept_at < now() - make_interval(secs => $1) \
             ORDER BY kept_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
    oldest: "SELECT extract(epoch FROM now() - kept_at)::float8 FROM recipients ORDER BY kept_at LIMIT 1",
};

/// Binds the columns name, address, phone and note, for a statement that has them if there is a recipient.
pub(super) fn bind_recipient<'q>(
    query: Query<'q, Postgres, PgArguments>,
    recipient: Option<&'q Recipient>,
) -> Query<'q, Postgres, PgArguments> {
    match recipient {
        Some(recipient) => query
            .bind(&recipient.name)
            .bind(&recipient.address)
            .bind(&recipient.phone)
            .bind(&recipient.note),
        None => query,
    }
}

#[async_trait]
impl RecipientRepository for PgOrders {
    async fn recipient(&self, order_id: OrderId) -> Result<Option<Recipient>, RepositoryError> {
        let found = sqlx::query("SELECT name, address, phone, note FROM recipients WHERE order_id = $1")
            .bind(order_id.uuid())
            .try_map(|row: PgRow| {
                Ok(Recipient {
                    name: row.try_get("name")?,
                    address: row.try_get("address")?,
                    phone: row.try_get("phone")?,
                    note: row.try_get("note")?,
                })
            })
            .fetch_optional(self.pool())
            .await?;
        Ok(found)
    }
}

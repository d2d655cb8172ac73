//! Orders in PostgreSQL.

mod approvals;
mod errors;
mod idempotency_keys;
mod intents;
mod order_table;
mod prices;
mod recipients;
mod repository;
mod stores;

pub(crate) use approvals::PgApprovals;
pub use order_table::OrderTable;
pub(crate) use prices::PgPrices;
pub use recipients::OLD_RECIPIENTS;
pub(crate) use stores::PgStores;

use fdp_storage::Outbox;
use fdp_storage::ledger::PgLedger;
use sqlx::postgres::PgPool;

/// Orders in PostgreSQL, whose events go to an outbox in the same database.
#[derive(Debug, Clone)]
pub struct PgOrders(PgLedger<OrderTable>);

impl PgOrders {
    /// Orders in the database of `pool`, whose events go to `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self(PgLedger::new(pool, outbox))
    }

    fn pool(&self) -> &PgPool {
        self.0.pool()
    }
}

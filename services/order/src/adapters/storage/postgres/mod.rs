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
pub use recipients::OLD_RECIPIENTS;
pub(crate) use prices::PgPrices;
pub use repository::PgOrders;
pub(crate) use stores::PgStores;

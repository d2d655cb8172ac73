//! Orders in PostgreSQL.

mod errors;
mod idempotency_keys;
mod intents;
mod order_table;
mod prices;
mod repository;
mod stores;

pub use order_table::OrderTable;
pub(crate) use prices::PgPrices;
pub use repository::PgOrders;
pub(crate) use stores::PgStores;

//! Events that the order service consumes, with the inbox of each data store.

mod mongodb_inbox;
mod order_progress;
mod payment_approvals;
mod postgres_handler;
mod product_prices;

pub use mongodb_inbox::MongoInbox;
pub use order_progress::OrderProgressEvents;
pub use payment_approvals::PaymentNews;
pub use postgres_handler::PgOrderEvents;

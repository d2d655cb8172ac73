//! The view's tables in the front end's own PostgreSQL database.

mod order_view;
mod retention;
mod view_transaction;

pub use order_view::PgView;
pub use retention::RETAINED;

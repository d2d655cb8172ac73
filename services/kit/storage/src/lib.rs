//! A service's PostgreSQL database: migrations, inbox, outbox, ledger, projections, the removal of old rows, a clock of its
//! uptime, and wake-ups for tasks that wait for a change.

pub mod database;
pub mod inbox;
pub mod ledger;
pub mod live;
mod migrations;
mod open;
pub mod outbox;
mod problem;
pub mod rebuild;
pub mod retention;
pub mod rows;
pub mod uptime;

pub use migrations::migrations;
pub use open::{OpenDatabase, OpenError};
pub use outbox::Outbox;
pub use problem::RepositoryError;

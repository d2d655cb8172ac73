//! The inbox: events are applied in batches, each event once. Its id is recorded in the same transaction as its effect.

mod error;
mod handler;
mod postgres;
mod reacting;
mod reaction;

pub(crate) use error::handle_error;
pub use handler::EventHandler;
pub use postgres::PgInbox;
pub(crate) use postgres::note;
pub use reacting::{Reacting, Slot};
pub use reaction::Reaction;

//! The inbox: events take effect in batches, each event once, in one transaction with the note that it did.

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

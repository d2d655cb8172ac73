//! The rules of stores and tickets, without any I/O: when a store is open, and what its owner can do with a ticket.

mod actor;
mod command;
mod deadline;
mod history;
mod order_terms;
mod state;
mod store;
mod ticket;
mod time_limits;

pub use actor::Actor;
pub use command::{Command, CommandError, next};
pub use deadline::NOT_ACCEPTED_IN_TIME;
pub use history::{HistoryEntry, what};
pub use order_terms::OrderTerms;
pub use store::{MenuItem, Opening, Registration, Store};
pub use ticket::Ticket;
pub use time_limits::TimeLimits;

#[cfg(test)]
mod tests;

//! The rules of stores and tickets, without any I/O: when a store is open, and what its owner can do with a ticket.

mod command;
mod state;
mod store;
mod ticket;

pub use command::{Command, CommandError, next};
pub use store::{Hours, MenuItem, Opening, Store, TIME_ZONE};
pub use ticket::Ticket;

#[cfg(test)]
mod tests;

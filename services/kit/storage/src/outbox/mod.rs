//! The transactional outbox: an event is written with the change that it announces, and published after.
//!
//! One relay publishes per service at a time (an advisory lock decides which), so that the events of one aggregate leave
//! in the order in which they were committed. It is woken after each commit (by NOTIFY, if the commit was
//! another replica's), and polls now and then in case a wake-up was lost. An event may be published twice (a crash
//! between publishing and forgetting); consumers detect it by its id.

mod error;
mod relay;
mod row;
mod wakes;
mod writer;

pub use error::OutboxError;
pub(crate) use relay::relay;
pub use row::{Row, payload};
pub use writer::Outbox;

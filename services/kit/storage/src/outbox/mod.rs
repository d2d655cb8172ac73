//! The transactional outbox: an event is written in the transaction of its change, and published afterwards.
//!
//! Per service, one relay publishes at a time (an advisory lock elects it), so that the events of one aggregate are
//! published in the order of their commits. The relay is woken after each commit (through NOTIFY, if another replica
//! committed), and polls from time to time in case a wake-up was lost. An event may be published twice (after a crash
//! between publishing and deleting it); consumers detect that by its id.

mod error;
mod relay;
mod row;
mod wakes;
mod writer;

pub use error::OutboxError;
pub(crate) use relay::relay;
pub use row::{Row, payload};
pub use writer::Outbox;

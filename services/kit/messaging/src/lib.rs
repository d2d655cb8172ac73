//! Events over Kafka: clients, publishing, consuming, and dead letters.

mod consumer;
pub mod dead_letters;
mod effects;
mod incoming;
pub mod kafka;
mod lag;
pub mod publisher;
mod stuck_consumer;
mod subscribe;
pub mod topic_reader;

pub use effects::{Effects, HandleError};
pub use incoming::Incoming;
pub use subscribe::Subscribe;

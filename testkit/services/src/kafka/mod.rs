//! A Kafka broker of its own, on disk, that may be killed and started again.

mod broker;
mod messages;

pub use broker::{Kafka, Making};
pub use messages::Record;

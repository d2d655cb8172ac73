//! A private Kafka broker with its data on disk, which can be killed and restarted.

mod broker;
mod messages;

pub use broker::{Kafka, Making};
pub use messages::Record;

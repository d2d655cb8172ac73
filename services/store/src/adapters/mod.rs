//! The adapters: they connect the use cases to HTTP, to Kafka and to PostgreSQL.

pub mod events;
pub mod http;
pub mod storage;

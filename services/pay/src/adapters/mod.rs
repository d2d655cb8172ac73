//! How the outside reaches the use cases, and how the use cases reach the database.

pub mod events;
pub mod http;
pub mod storage;
pub mod stripe;

//! Creates the databases, roles and topics that the services need, and keeps those that exist.

pub mod databases;
pub mod in_sync;
pub mod retry;
pub mod settings;
pub mod topics;

//! Creates the databases, roles and topics that the services need, and keeps those that exist.

mod database;
pub mod databases;
pub mod drain;
pub mod in_sync;
pub mod mirror;
mod owned_roles;
pub mod owned_topics;
pub mod owner;
pub mod retry;
pub mod settings;
pub mod topics;

//! Creates the databases, roles and topics that the services need, keeps those that exist, and tries the credentials.

mod database;
pub mod databases;
pub mod drain;
pub mod in_sync;
mod kafka_sign_in;
pub mod last_words;
pub mod mirror;
pub mod mongodb;
pub mod owned_orders;
mod owned_roles;
pub mod owned_topics;
pub mod owner;
mod postgres_sign_in;
pub mod reach;
pub mod refusals;
pub mod retry;
pub mod settings;
pub mod topics;

//! The shop's pages and the view of every order that they read.
//!
//! The view is made of events only: no other service's data is touched. Every replica serves it, whichever
//! replica wrote it.

pub mod app;
pub mod assets;
pub mod basket;
pub mod clients;
pub mod consumer;
pub mod domain;
pub mod feed;
pub mod http;
pub mod language;
pub mod menu;
pub mod pages;
pub mod store;

/// The service's own tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

//! The store service: restaurants, their menus and their tickets.

pub mod adapters;
pub mod application;
pub mod domain;

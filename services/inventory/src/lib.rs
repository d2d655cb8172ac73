//! The inventory service: products and their stock, which orders reserve and never oversell.

pub mod adapters;
pub mod application;
pub mod domain;

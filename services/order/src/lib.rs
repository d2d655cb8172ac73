//! The order service: customers place, pay, track and cancel orders.

pub mod adapters;
pub mod application;
pub mod domain;

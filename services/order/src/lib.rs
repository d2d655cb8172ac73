//! Orders: placed, paid, followed to the door or cancelled.

pub mod adapters;
pub mod application;
pub mod domain;

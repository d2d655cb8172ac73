//! The delivery service: it brings orders from the store to the door.

pub mod adapters;
pub mod application;
pub mod domain;

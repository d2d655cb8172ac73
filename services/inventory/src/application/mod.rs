//! The use cases, and the ports through which they reach the database.

pub mod ports;
pub mod products;
pub mod reservations;

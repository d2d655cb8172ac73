//! The rules of stock, without any I/O: an order gets all that it needs or nothing, and releases it once.

pub mod product;
pub mod reservation;
pub mod stock;

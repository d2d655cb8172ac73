//! The use cases, and the port through which they reach the database.

pub mod autopilot;
mod change;
pub mod deliveries;
pub mod ports;
pub mod upstream_events;

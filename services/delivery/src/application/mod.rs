//! The use cases, and the ports through which they reach the database.

pub mod autopilot;
mod change;
pub mod deadlines;
pub mod deliveries;
pub mod ports;
pub mod upstream_events;

//! The use cases, and the ports through which they reach the database.

pub mod announcements;
pub mod autopilot;
mod change;
pub mod deadlines;
pub mod notifier;
pub mod order_events;
pub mod ports;
pub mod stores;
pub mod stream_position;
pub mod tickets;
pub mod watch;

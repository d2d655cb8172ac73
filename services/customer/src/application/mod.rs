//! The use cases of customer, and the ports that they need.

pub mod ports;
mod record_notifications;
pub mod sender;

pub use record_notifications::RecordNotifications;

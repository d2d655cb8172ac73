//! The use cases of customer, and the ports that they need.

mod notifications;
pub mod ports;
mod record_notifications;
pub mod sender;

pub use notifications::Notifications;
pub use record_notifications::RecordNotifications;

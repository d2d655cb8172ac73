//! The use cases of orders, and the ports that they need.

pub mod awaiting_payment;
pub mod first_menus;
mod order_progress;
mod orders;
mod payment_approvals;
mod payment_attempts;
pub mod payment_compensation;
mod placement;
pub mod ports;
mod price_updates;
mod recipients;
mod store_updates;
#[cfg(test)]
mod tests;

pub use order_progress::advance;
pub use orders::{CancelError, Cancelled, Found, Orders};
pub use payment_approvals::{PaymentApprovals, follow as follow_approval};
pub use placement::{PlaceError, Placed, Placement};
pub use price_updates::PriceUpdates;
pub use recipients::{RecipientError, Recipients};
pub use store_updates::StoreUpdates;

//! The shop and its orders, as customers see them.

pub mod assortment;
pub mod basket;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod menu;
mod order_view;
mod recipient;
pub mod usual_reason;

pub use fdp_contracts::Language;
pub use order_view::{OrderView, StateChange, can_cancel};
pub use recipient::Recipient;

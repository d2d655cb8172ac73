//! The shop and its orders, as customers see them.

pub mod basket;
mod language;
pub mod menu;
mod order_view;

pub use language::Language;
pub use order_view::{OrderView, StateChange, can_cancel};

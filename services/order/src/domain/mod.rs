//! The rules of orders, without any I/O: the aggregate, the commands that change it, and the events that announce it.

mod awaiting_order;
mod basket;
mod commands;
mod events;
#[cfg(test)]
pub(crate) mod fixtures;
mod invalid_order;
mod order;
mod order_request;
mod prices;
mod recipient;
mod unpaid;

pub use awaiting_order::AwaitingOrder;
pub use basket::Basket;
pub use commands::{Progress, TooLate};
pub use invalid_order::InvalidOrder;
pub use order::Order;
pub use order_request::{OrderRequest, OrderRequestLine};
pub use prices::{KnownProduct, PriceList, ProductPrice};
pub use recipient::{InvalidRecipient, Reader, Recipient, Withheld};
pub use unpaid::{Approval, Unpaid};

//! The rules of deliveries, without any I/O. A delivery is requested when its order is placed, and ready when the food
//! is; the rider's commands do the rest. The order decides whether the rider may leave, because the customer may cancel
//! it at the same moment.

mod command;
mod delivery;
mod event;
mod position;
mod state;

pub use command::{Command, CommandError, next};
pub use delivery::{Delivery, Parcel};
pub use event::UpstreamEvent;
pub use position::{InvalidPosition, Position};

#[cfg(test)]
mod tests;

//! The rules of deliveries, without any I/O. A delivery is requested with its order and ready with the food; the rider
//! commands the rest. The order decides whether the rider may leave: it may have been cancelled at the same moment.

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

//! The rules of deliveries, without any I/O. A delivery is requested when its order is placed, offered to riders when the
//! store begins to cook, and ready when the food is; the rider's commands do the rest. The order decides whether the rider
//! may leave, because the customer may cancel it at the same moment.

mod actor;
mod command;
mod deadline;
mod delivery;
mod event;
mod execution;
mod history;
mod load;
mod position;
mod state;

pub use actor::Actor;
pub use command::{Command, CommandError, next};
pub use deadline::{Overdue, Waited};
pub use delivery::{Delivery, Parcel};
pub use event::{USUAL_PICK_UP_WITHIN_MINUTES, UpstreamEvent};
pub use history::{HistoryEntry, what};
pub use load::Load;
pub use position::{InvalidPosition, Position};

#[cfg(test)]
mod tests;

//! Which data stores the services use: the old one serves until the new one was spoken to, and somebody has confirmed that
//! data does not move with the change.

mod changes;
mod copy;
mod form;
mod in_use;
mod live;
mod moved;
mod referenced;
mod status;
mod versions;

pub(super) use changes::stores;
pub(super) use form::Stores;
pub(super) use referenced::external;
pub use referenced::{asks_for, missing};
pub(super) use status::status;

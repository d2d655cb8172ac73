//! Which data stores the services use: the old one serves until the new one was spoken to and somebody has confirmed the
//! change; then the services are paused, and take the new one when none of their pods is left.

mod change;
mod changes;
mod confirmation;
mod copy;
mod copying;
mod drain;
mod form;
mod in_use;
mod live;
mod moved;
mod pause;
mod phases;
mod prefixes;
mod preparation;
mod referenced;
mod refused;
mod set_up;
mod status;
mod users;
mod versions;

pub(super) use changes::stores;
pub(super) use copying::copy_job;
pub(super) use form::{Copying, Stores};
pub(super) use pause::pause;
pub(super) use prefixes::keep_prefixes;
pub(super) use referenced::{secrets_in_use, spoken_to};
pub(super) use set_up::{set_up, shared_topics};
pub(super) use status::status;

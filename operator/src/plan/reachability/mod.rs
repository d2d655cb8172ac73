//! Whether the services reach what they call: readiness does not tell, because it must not depend on others. A Job for each
//! service tries it, once all are up, and now and then.

mod depends;
mod due;
mod found;
mod links;
mod targets;
#[cfg(test)]
mod tests;

pub(super) use due::jobs;
pub(super) use found::found;
pub(super) use links::{Link, health, links};

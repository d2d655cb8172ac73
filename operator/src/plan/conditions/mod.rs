//! Turns the health of the parts into the conditions of the platform.

mod absence;
mod answers;
mod assess;
mod autoscaling;
mod causes;
mod ordering;
mod overall;
mod part;
mod parts;
mod services;
mod unwritten;
mod without_parts;

pub use assess::assess;
pub(in crate::plan) use assess::assess_stores;

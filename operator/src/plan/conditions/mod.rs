//! Turns the health of the parts into the conditions of the platform.

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

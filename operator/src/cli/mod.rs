//! The commands that people run by hand.

pub mod diff;
mod documents;
pub mod drill;
pub mod eks;
pub mod leave;
pub mod paint;
pub mod render;
pub mod status;

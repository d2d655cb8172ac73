//! Runs servers as processes next to a test and ends them with it.

pub mod process;
pub mod wait;

//! Servers that run beside a test as processes and end with it.

pub mod process;
pub mod wait;

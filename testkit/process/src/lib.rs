//! Servers that run beside a test as processes, on ports of their own, and end with it.

pub mod ports;
pub mod process;
pub mod wait;

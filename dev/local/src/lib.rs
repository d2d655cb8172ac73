//! The whole platform on a real Kubernetes: brought up, used the way a customer would, and taken down.
//!
//! `make up` and `tests/platform` do the same steps, so that what a newcomer sees is what is tested.

pub mod failure;
pub mod install;
pub mod kubectl;
pub mod options;
pub mod packages;
pub mod port_forward;
pub mod reach;
pub mod shop;
pub mod software;
pub mod target;
pub mod up;
pub mod wait;

pub use failure::Failure;

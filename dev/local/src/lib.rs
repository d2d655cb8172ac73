//! Runs the whole platform on a real Kubernetes, uses it as a customer would, and removes it.
//!
//! `make up` and `tests/platform` share these steps, so that the tests check what a new user sees.

pub mod failure;
pub mod install;
pub mod kubectl;
pub mod mesh;
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

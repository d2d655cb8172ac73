//! A Kubernetes API without nodes: it accepts, defaults, garbage-collects and refuses as a real one, and runs no pod.

mod access;
mod components;
mod error;
pub mod json_schema;
mod plane;
pub mod pods;
mod processes;

pub use error::{Error, Result};
pub use plane::ControlPlane;

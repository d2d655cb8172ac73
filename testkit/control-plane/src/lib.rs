//! A real Kubernetes API without nodes: it validates, sets defaults and collects garbage, but runs no pod.

mod access;
mod components;
mod error;
pub mod json_schema;
mod plane;
pub mod pods;
mod processes;

pub use error::{Error, Result};
pub use plane::ControlPlane;

//! What the platform's objects are for: the real definitions and programs of others, and a control plane to try them on.
//!
//! [`definitions`] gives the `CustomResourceDefinition`s of Istio, Strimzi and others as files, [`program`] their
//! command line tools and operators, and [`ControlPlane`] a Kubernetes API without nodes that accepts them.
//! All of it is made from published modules once, and kept in the cache.

mod cache;
mod control_plane;
mod definitions;
mod error;
mod java;
pub mod json_schema;
pub mod pods;
mod programs;
mod strimzi;

pub use control_plane::ControlPlane;
pub use definitions::{Family, definitions, read};
pub use error::{Error, Result};
pub use programs::program;

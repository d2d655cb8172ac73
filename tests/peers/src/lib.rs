//! What the platform's objects are for: the real definitions and programs of others, and a control plane to try them on.
//!
//! [`definitions`] gives the `CustomResourceDefinition`s of Istio, Strimzi and others as files, [`program`] their
//! command line tools and operators, and [`ControlPlane`] a Kubernetes API without nodes that accepts them.
//! All of it is made from published modules once, and kept in the cache.

pub mod argo_cd;
mod cache;
mod control_plane;
mod definitions;
mod error;
mod forward;
mod java;
pub mod json_schema;
pub mod operator;
pub mod pods;
mod programs;
mod strimzi;

pub use control_plane::ControlPlane;
pub use definitions::{Family, definitions, read};
pub use error::{Error, Result};
pub use forward::forward;
pub use programs::program;

/// Makes all of it that is not there yet, one after the other. It takes a quarter of an hour, once.
///
/// # Errors
/// When one of them cannot be fetched or compiled.
pub fn make_all() -> Result<()> {
    for name in programs::names() {
        program(name)?;
    }
    for family in Family::ALL {
        definitions(family)?;
    }
    argo_cd::manifests().map(drop)
}

//! Builds third-party programs and resource definitions from their published modules once, and keeps them in the
//! cache.
//!
//! [`definitions`] returns the `CustomResourceDefinition`s of Istio, Strimzi and others as files, [`program`] their
//! command line tools and operators.

pub mod argo_cd;
mod cache;
pub mod cloud_native_pg;
mod definitions;
mod error;
pub mod helm;
pub mod istio;
mod java;
mod programs;
mod strimzi;

pub use definitions::{Family, definitions, read};
pub use error::{Error, Result};
pub use programs::program;

/// Builds everything that is missing, sequentially. The first time, it takes a quarter of an hour.
///
/// # Errors
/// When one of them cannot be downloaded or compiled.
pub fn make_all() -> Result<()> {
    for name in programs::names() {
        program(name)?;
    }
    for family in Family::ALL {
        definitions(family)?;
    }
    cloud_native_pg::manifest()?;
    istio::images()?;
    argo_cd::manifests().map(drop)
}

//! Programs and resource definitions of others, made from their published modules once and kept in the cache.
//!
//! [`definitions`] gives the `CustomResourceDefinition`s of Istio, Strimzi and others as files, [`program`] their
//! command line tools and operators.

pub mod argo_cd;
mod cache;
pub mod cloud_native_pg;
mod definitions;
mod error;
pub mod helm;
mod java;
mod programs;
mod strimzi;

pub use definitions::{Family, definitions, read};
pub use error::{Error, Result};
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
    cloud_native_pg::manifest()?;
    argo_cd::manifests().map(drop)
}

//! The services' binaries, and their names in tests.

use anyhow::{Result, bail};
use fdp_catalogue::Service;
pub use fdp_catalogue::topic;
use std::path::PathBuf;

pub fn names() -> [&'static str; 9] {
    Service::ALL.map(Service::name)
}

/// Services with a database, which has the name of the service.
pub fn with_database() -> Vec<&'static str> {
    Service::with_database().map(Service::name).collect()
}

/// The topics that each consumer group reads.
pub fn subscriptions() -> Vec<(&'static str, &'static [&'static str])> {
    Service::ALL
        .into_iter()
        .filter_map(|service| Some((service.consumer_group()?, service.consumes())))
        .collect()
}

/// The directory of this checkout's binaries.
///
/// # Errors
/// When a binary is missing: the message says how to build it.
pub fn binaries() -> Result<PathBuf> {
    let directory = fdp_checkout::programs();
    let missing: Vec<&str> = names()
        .into_iter()
        .chain(["setup"])
        .filter(|name| !directory.join(name).is_file())
        .collect();
    if !missing.is_empty() {
        bail!(
            "there is no binary of {} in {}: run `cargo build --workspace` first",
            missing.join(", "),
            directory.display()
        );
    }
    Ok(directory)
}

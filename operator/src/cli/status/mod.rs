//! Shows the state of platforms, as their operator reported it.

pub mod command;
pub mod drills;
pub mod json;
pub mod list;
pub mod shown;
pub mod tree;
pub mod watch;

use std::io;

use crate::connect::{ClusterError, ConnectError};
use shown::Shown;

/// Whether there is at least one platform and each is ready for its current generation.
pub fn all_ready(platforms: &[Shown]) -> bool {
    !platforms.is_empty() && platforms.iter().all(|platform| platform.ready)
}

/// Why the status cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// No cluster was found.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A call to the cluster failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// No platform has that name.
    #[error("there is no FoodDeliveryPlatform {name} in namespace {namespace}; {hint}")]
    NotFound {
        name: String,
        namespace: String,
        hint: String,
    },
    /// The output cannot be written.
    #[error("write the status")]
    Print(#[source] io::Error),
}

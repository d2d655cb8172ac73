//! Shows how platforms are doing, by what their operator has reported.

pub mod command;
pub mod json;
pub mod list;
pub mod shown;
pub mod tree;
pub mod watch;

use std::io;

use crate::connect::{ClusterError, ConnectError};
use shown::Shown;

/// Whether there is a platform, and every one is ready for its current generation.
pub fn all_ready(platforms: &[Shown]) -> bool {
    !platforms.is_empty() && platforms.iter().all(|platform| platform.ready)
}

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// No cluster was found.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The cluster did not answer as it should.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// No platform has the name that was asked for.
    #[error("there is no FoodDeliveryPlatform {name} in namespace {namespace}; {hint}")]
    NotFound {
        name: String,
        namespace: String,
        hint: String,
    },
    /// Nobody takes the text.
    #[error("write the status")]
    Print(#[source] io::Error),
}

//! `fdp drill`: runs drills, and shows what they have shown.

pub mod command;
pub mod run;
pub mod text;

use crate::connect::{ClusterError, ConnectError};

/// Why a drill cannot be run or shown.
#[derive(Debug, thiserror::Error)]
pub enum CliDrillError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("the file does not hold ResilienceDrills: {0}")]
    Unreadable(String),
    #[error("the file holds no ResilienceDrill")]
    Empty,
    #[error("there is no ResilienceDrill {name} in namespace {namespace}: see `{program} drill list`", program = crate::connect::program())]
    NotFound { name: String, namespace: String },
    #[error(
        "ResilienceDrill {name} has no verdict after {seconds} s, and is in phase {phase}: see whether the operator runs"
    )]
    NoVerdict {
        name: String,
        seconds: u64,
        phase: String,
    },
    #[error("write to standard output")]
    Print(#[from] std::io::Error),
}

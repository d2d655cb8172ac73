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
    #[error("read the YAML documents")]
    Parse(#[source] serde_saphyr::Error),
    #[error("ResilienceDrill {name} cannot be read")]
    Unreadable {
        name: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the input holds no ResilienceDrill")]
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

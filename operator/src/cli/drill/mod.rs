//! `fdp drill`: runs drills, and shows what they have shown.

pub mod command;
pub mod outside;
pub mod run;
pub mod say;
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
    #[error(
        "no pod in namespace {namespace} holds the Lease of the operator: name its namespace with --operator-namespace, \
         or see whether it runs"
    )]
    NoLeader { namespace: String },
    #[error("only one node takes pods: draining it would leave nothing")]
    OnlyNode,
    #[error("there is no node {node} that takes pods: name another one with --node")]
    NoSuchNode { node: String },
    #[error("no pod of order runs of FoodDeliveryPlatform {platform}: name a node with --node")]
    NoNode { platform: String },
    #[error("node {node} has no pod of FoodDeliveryPlatform {platform}: name another one with --node")]
    NothingToDrain { node: String, platform: String },
    #[error("node {node} takes no pods still: run `kubectl uncordon {node}`")]
    StillCordoned {
        node: String,
        source: Box<CliDrillError>,
    },
    #[error("stopped: the fault is undone, and the drill goes on without it until its time is over")]
    Stopped,
    #[error("listen for signals to stop")]
    Signals(#[source] std::io::Error),
    #[error("write to standard output")]
    Print(#[from] std::io::Error),
}

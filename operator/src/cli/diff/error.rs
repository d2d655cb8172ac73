//! Why a platform cannot be compared with a cluster.

use std::io;

use crate::{
    cli::render::RenderError,
    connect::{ClusterError, ConnectError, program},
};

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// The file, or a platform in it, is invalid.
    #[error(transparent)]
    Platform(#[from] RenderError),
    /// No cluster was found.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A call to the cluster failed.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The namespace does not exist.
    #[error("there is no namespace {namespace}; create it: kubectl create namespace {namespace}")]
    NoNamespace { namespace: String },
    /// The file and the flag name different namespaces.
    #[error(
        "FoodDeliveryPlatform {name} says that its namespace is {own}, --namespace says {asked}: leave one out"
    )]
    TwoNamespaces {
        name: String,
        own: String,
        asked: String,
    },
    /// The platform's objects are in an EKS cluster.
    #[error(
        "FoodDeliveryPlatform {name} runs in its EKS cluster (target: eks), with which nothing is compared; its status tells \
         how it is doing there: {} status {name}",
        program()
    )]
    Elsewhere { name: String },
    /// The output cannot be written.
    #[error("write the differences")]
    Print(#[source] io::Error),
}

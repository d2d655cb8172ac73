//! `fdp leave`: tells what remains of platforms that are deleted, and lets those go that wait for an operator that is gone.

pub mod command;
pub mod remains;

use crate::{
    cli::status::StatusError,
    connect::{ClusterError, ConnectError},
};

/// Why a platform cannot be left.
#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The platforms cannot be read.
    #[error(transparent)]
    Platforms(#[from] StatusError),
}

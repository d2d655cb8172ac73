//! What can go wrong with the operator's process.

use std::io;
use std::path::PathBuf;

/// What can go wrong with the operator's process.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operator's program is not there.
    #[error("{} is missing: build fdp-operator first, in the same profile", program.display())]
    NoOperator {
        /// Where it should be.
        program: PathBuf,
    },
    /// No port is free.
    #[error("cannot choose a port: {0}")]
    Port(io::Error),
    /// Its metrics cannot be read.
    #[error("cannot read the metrics at {address}: {source}")]
    Metrics {
        /// Where it serves them.
        address: String,
        /// Why not.
        source: io::Error,
    },
}

/// The result of anything done with it.
pub type Result<T, E = Error> = std::result::Result<T, E>;

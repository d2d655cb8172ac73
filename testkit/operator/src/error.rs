//! The errors of running the operator's process.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operator's program does not exist.
    #[error("{} is missing: build fdp-operator first, in the same profile", program.display())]
    NoOperator {
        /// The expected path.
        program: PathBuf,
    },
    #[error("cannot choose a port: {0}")]
    Port(io::Error),
    /// The metrics cannot be read.
    #[error("cannot read the metrics at {address}: {source}")]
    Metrics { address: String, source: io::Error },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

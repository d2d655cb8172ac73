//! What can go wrong with the programs and definitions of others.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with the programs and definitions of others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such program.
    #[error("no program is called {name}; there are {known}")]
    UnknownProgram {
        /// What was asked for.
        name: String,
        /// What could have been.
        known: String,
    },
    /// A Go module cannot be had.
    #[error("cannot get the Go module {module}: {problem}")]
    Module {
        /// Its path.
        module: String,
        /// What Go said.
        problem: String,
    },
    /// No Java on this machine is new enough.
    #[error(
        "Strimzi's definitions need Java {wanted} or newer, and {found}: install one, and set JAVA_HOME if it is in \
         an unusual place"
    )]
    Java {
        /// The oldest version that would do.
        wanted: u32,
        /// What there is instead.
        found: String,
    },
    /// A file of resource definitions cannot be understood.
    #[error("cannot understand the definitions in {}: {problem}", path.display())]
    Definitions {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// A file or directory cannot be used.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was being done to it.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A build, a lock or a short program.
    #[error(transparent)]
    Cluster(#[from] fdp_cluster::Error),
    /// Maven.
    #[error(transparent)]
    Maven(#[from] fdp_images::Error),
}

/// The result of anything done here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::File`] for use with `map_err`.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }
}

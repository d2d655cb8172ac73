//! The errors of getting third-party programs and definitions.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("no program is called {name}; there are {known}")]
    UnknownProgram {
        name: String,
        /// The names of all programs.
        known: String,
    },
    /// A Go module cannot be downloaded.
    #[error("cannot get the Go module {module}: {problem}")]
    Module {
        module: String,
        /// The output of Go.
        problem: String,
    },
    #[error(
        "Strimzi's definitions need Java {wanted} or newer, and {found}: install one, and set JAVA_HOME if it is in \
         an unusual place"
    )]
    Java {
        /// The oldest accepted version.
        wanted: u32,
        /// The versions that were found.
        found: String,
    },
    /// A file of resource definitions cannot be parsed.
    #[error("cannot understand the definitions in {}: {problem}", path.display())]
    Definitions { path: PathBuf, problem: String },
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// The attempted action, as an infinitive.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// An error of a build, a lock or a short program.
    #[error(transparent)]
    Cluster(#[from] fdp_cluster::Error),
    /// An error of Maven.
    #[error(transparent)]
    Maven(#[from] fdp_images::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Builds an [`Error::File`], for use with `map_err`.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }
}

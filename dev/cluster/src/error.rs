//! The errors of this crate, each with the object that it is about.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::problem::Problem;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine does not meet the requirements; each problem says how to solve it.
    #[error("the machine is not ready:\n{}", .0.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    Preflight(Vec<Problem>),
    /// The cluster is already running with other options.
    #[error("cluster {name} is already running with {running}, not with {requested}: take it down first")]
    OtherOptions {
        name: String,
        /// The options of the running cluster.
        running: String,
        requested: String,
    },
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// The attempted action, as an infinitive.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("cannot start {program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("{program} failed ({status}): {output}")]
    Program {
        program: String,
        status: String,
        /// The last lines of its standard error.
        output: String,
    },
    /// A system call failed.
    #[error("cannot {action}: {source}")]
    Kernel {
        /// The attempted action, as an infinitive.
        action: String,
        source: nix::Error,
    },
    /// A record in the state directory cannot be parsed.
    #[error("cannot understand {}: {source}", path.display())]
    Record {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// A wait reached its deadline.
    #[error("waited {} s for {what}; last seen: {last}\n{log}", waited.as_secs())]
    Deadline {
        what: String,
        waited: Duration,
        /// The result of the last check.
        last: String,
        /// The end of the log that most likely explains it.
        log: String,
    },
    #[error("the cluster stopped while {during}\n{log}")]
    Stopped {
        /// What was being waited for.
        during: String,
        /// The end of its supervisor's log.
        log: String,
    },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Builds an [`Error::File`], for use with `map_err`.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Builds an [`Error::Kernel`], for use with `map_err`.
    pub(crate) fn kernel(action: impl Into<String>) -> impl FnOnce(nix::Error) -> Self {
        let action = action.into();
        move |source| Self::Kernel { action, source }
    }
}

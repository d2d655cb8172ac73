//! What can go wrong, and with which object.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::problem::Problem;

/// What can go wrong with a cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine can't carry a cluster as it is; each problem names its cure.
    #[error("the machine is not ready:\n{}", .0.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    Preflight(Vec<Problem>),
    /// The cluster runs already, started with other options.
    #[error("cluster {name} is already running with {running}, not with {wanted}: take it down first")]
    OtherOptions {
        /// The cluster's name.
        name: String,
        /// The options it runs with.
        running: String,
        /// The options asked for.
        wanted: String,
    },
    /// A file or directory can't be used.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was being done to it.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A program can't be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// The program and its arguments.
        program: String,
        /// Its exit status or the signal that ended it.
        status: String,
        /// The last lines it wrote to standard error.
        output: String,
    },
    /// A call to the kernel failed.
    #[error("cannot {action}: {source}")]
    Kernel {
        /// What was asked of the kernel.
        action: String,
        /// The kernel's answer.
        source: nix::Error,
    },
    /// A record that the program wrote can't be understood.
    #[error("cannot understand {}: {source}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A wait reached its deadline.
    #[error("waited {} s for {what}; last seen: {last}\n{log}", waited.as_secs())]
    Deadline {
        /// What was waited for.
        what: String,
        /// How long.
        waited: Duration,
        /// What the last look showed.
        last: String,
        /// The end of the log that most likely says why.
        log: String,
    },
    /// The cluster's processes ended while it was being started.
    #[error("the cluster stopped while {during}\n{log}")]
    Stopped {
        /// What was being waited for.
        during: String,
        /// The end of its supervisor's log.
        log: String,
    },
}

/// The result of anything done to a cluster.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::File`] for use with `map_err`.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }

    /// An [`Error::Kernel`] for use with `map_err`.
    pub(crate) fn kernel(action: impl Into<String>) -> impl FnOnce(nix::Error) -> Self {
        let action = action.into();
        move |source| Self::Kernel { action, source }
    }
}

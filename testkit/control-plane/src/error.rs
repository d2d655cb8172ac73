//! What can go wrong with a control plane.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with a control plane.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
    /// No port is free.
    #[error("cannot choose a port: {0}")]
    Port(io::Error),
    /// A program of the control plane ended before its time.
    #[error("{component} ended by itself ({status})\n{log}")]
    Ended {
        /// The program.
        component: &'static str,
        /// How it ended.
        status: String,
        /// The end of what it said.
        log: String,
    },
    /// The control plane was not ready in time.
    #[error("waited {seconds} s for {what}; last seen: {last}\n{log}")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// What was there instead.
        last: String,
        /// The end of the log that most likely says why.
        log: String,
    },
    /// The API server could not be asked.
    #[error("cannot {doing}: {source}")]
    Api {
        /// What was asked of it.
        doing: String,
        /// What came back.
        source: Box<kube::Error>,
    },
    /// The control plane's kubeconfig cannot be used.
    #[error("cannot use the kubeconfig of the control plane: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// A build or a certificate.
    #[error(transparent)]
    Cluster(#[from] fdp_cluster::Error),
}

/// The result of anything done here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::File`] for use with `map_err`.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }

    /// An [`Error::Api`] for use with `map_err`.
    pub(crate) fn api(doing: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Api {
            doing,
            source: Box::new(source),
        }
    }
}

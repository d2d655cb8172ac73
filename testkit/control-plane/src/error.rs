//! The errors of starting and using a control plane.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// The attempted action, as an infinitive.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("cannot choose a port: {0}")]
    Port(io::Error),
    /// A program of the control plane ended unexpectedly.
    #[error("{component} ended by itself ({status})\n{log}")]
    Ended {
        component: &'static str,
        status: String,
        /// The end of its log.
        log: String,
    },
    #[error("waited {seconds} s for {what}; last seen: {last}\n{log}")]
    Late {
        what: String,
        seconds: u64,
        /// The result of the last check.
        last: String,
        /// The end of the log that most likely explains it.
        log: String,
    },
    /// A request to the API server failed.
    #[error("cannot {doing}: {source}")]
    Api {
        /// The attempted action, as an infinitive.
        doing: String,
        source: Box<kube::Error>,
    },
    #[error("cannot use the kubeconfig of the control plane: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// An error of a build or a certificate.
    #[error(transparent)]
    Cluster(#[from] fdp_cluster::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Builds an [`Error::File`], for use with `map_err`.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Builds an [`Error::Api`], for use with `map_err`.
    pub(crate) fn api(doing: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Api {
            doing,
            source: Box::new(source),
        }
    }
}

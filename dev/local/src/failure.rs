//! The errors of `make up`, with what the user can do next.

use std::time::Duration;

/// A failed step.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The machine does not meet the requirements; each line names a problem and its solution.
    #[error("this machine is not ready:\n{}", .0.join("\n"))]
    NotReady(Vec<String>),
    /// A setting is invalid.
    #[error("{0}")]
    Setting(String),
    #[error("starting {program}: {source}")]
    Start { program: String, source: std::io::Error },
    #[error("{doing} failed:\n{output}")]
    Command {
        /// What the program was started for.
        doing: String,
        /// The end of its output.
        output: String,
    },
    #[error("{doing} {path}: {source}")]
    File {
        /// "reading" or "writing".
        doing: &'static str,
        path: String,
        source: std::io::Error,
    },
    /// A wait reached its deadline.
    #[error("waited {} s for {what}; last seen: {last}", .limit.as_secs())]
    TimedOut {
        what: String,
        limit: Duration,
        /// The result of the last check.
        last: String,
    },
    /// A request got no response.
    #[error("{method} {url}: {reason}")]
    NoAnswer {
        method: &'static str,
        url: String,
        reason: String,
    },
    /// A request got an unexpected response.
    #[error("{method} {url} answered {status}: {body}")]
    WrongAnswer {
        method: &'static str,
        url: String,
        status: u16,
        /// The response body.
        body: String,
    },
    /// An error of the cluster.
    #[error(transparent)]
    Cluster(#[from] fdp_cluster::Error),
    /// An error of a program of somebody else.
    #[error(transparent)]
    Programs(#[from] Box<fdp_programs::Error>),
    /// An error of the images.
    #[error(transparent)]
    Images(#[from] fdp_images::Error),
}

pub type Result<T> = std::result::Result<T, Failure>;

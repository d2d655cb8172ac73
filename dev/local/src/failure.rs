//! What can go wrong on the road, told so that a person knows what to do next.

use std::time::Duration;

/// A step that did not work out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The machine lacks something; every line names one thing and its cure.
    #[error("this machine is not ready:\n{}", .0.join("\n"))]
    NotReady(Vec<String>),
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(String),
    /// A program could not be started.
    #[error("starting {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended with an error.
    #[error("{doing} failed:\n{output}")]
    Command {
        /// What it was to do.
        doing: String,
        /// The end of what it printed.
        output: String,
    },
    /// A file could not be read or written.
    #[error("{doing} {path}: {source}")]
    File {
        /// "reading" or "writing".
        doing: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something did not come about in time.
    #[error("waited {} s for {what}; last seen: {last}", .limit.as_secs())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// What was there instead.
        last: String,
    },
    /// A request got no answer.
    #[error("{method} {url}: {reason}")]
    NoAnswer {
        /// GET, POST …
        method: &'static str,
        /// Where it went.
        url: String,
        /// Why it was not answered.
        reason: String,
    },
    /// A request got an answer that it should not have got.
    #[error("{method} {url} answered {status}: {body}")]
    WrongAnswer {
        /// GET, POST …
        method: &'static str,
        /// Where it went.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What came with it.
        body: String,
    },
    /// The cluster.
    #[error(transparent)]
    Cluster(#[from] fdp_cluster::Error),
    /// The images.
    #[error(transparent)]
    Images(#[from] fdp_images::Error),
}

/// What went wrong, in a [`Result`].
pub type Result<T> = std::result::Result<T, Failure>;

//! Reads from the metrics of every replica of a service what it has counted since the drill began.

mod replica;
mod replicas;

use crate::measure::Answers;
pub(crate) use replicas::{Replicas, find};

/// Where replicas tell what they have counted, and how that is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter {
    /// The path and the query.
    pub(crate) path: &'static str,
    /// All that is counted in the text of the metrics.
    pub(crate) read: fn(&str) -> Answers,
}

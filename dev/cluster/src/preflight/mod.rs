//! Says before any long work what stands in its way, all of it at once, each with its cure.

mod host;
mod packages;
mod ports;

use std::fmt;

use crate::options::ClusterOptions;

pub use packages::install_missing;

/// One thing that stands in the way, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    what: String,
    cure: String,
}

impl Problem {
    fn new(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            cure: cure.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} — {}", self.what, self.cure)
    }
}

/// Everything that would stop a cluster with these options; empty means nothing would.
pub fn preflight(options: &ClusterOptions) -> Vec<Problem> {
    let mut problems = host::options(options);
    problems.extend(host::privileges());
    problems.extend(host::kernel());
    problems.extend(host::disks(&options.name));
    problems.extend(packages::missing());
    problems.extend(ports::taken(options));
    problems
}

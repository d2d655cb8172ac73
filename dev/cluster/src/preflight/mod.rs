//! Reports all problems at once, each with its solution, before any long work begins.

mod host;
mod packages;
mod ports;

use crate::options::ClusterOptions;
use crate::problem::Problem;

pub use packages::install_missing;

/// All problems that would make a cluster with these options fail; empty if there are none.
pub fn preflight(options: &ClusterOptions) -> Vec<Problem> {
    let mut problems = host::options(options);
    problems.extend(host::privileges());
    problems.extend(host::kernel());
    problems.extend(host::disks(&options.name));
    problems.extend(packages::missing());
    problems.extend(ports::taken(options));
    problems
}

//! Says before any long work what stands in its way, all of it at once, each with its cure.

mod host;
mod packages;
mod ports;

use crate::options::ClusterOptions;
use crate::problem::Problem;

pub use packages::install_missing;

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

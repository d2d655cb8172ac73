//! Lists the clusters that are running on this machine, of all checkouts.

use std::fs;
use std::path::Path;

use crate::keeper::Processes;
use crate::spec::Spec;

/// The cluster with the state directory `state`, if it is running.
pub(crate) fn running(state: &Path) -> Option<(Spec, Processes)> {
    let spec = Spec::read(state).ok().flatten()?;
    let processes = Processes::read(state).ok().flatten()?;
    processes.are_alive().then_some((spec, processes))
}

/// All running clusters of this user.
pub(crate) fn all_running() -> Vec<Spec> {
    fs::read_dir(fdp_checkout::state())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| running(&entry.path()).map(|(spec, _)| spec))
        .collect()
}

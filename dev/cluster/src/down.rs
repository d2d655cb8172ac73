//! Takes a cluster down and removes everything it made.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::keeper::{self, Processes};
use crate::lock::Lock;
use crate::spec::Spec;
use crate::{cgroups, paths};

/// Takes the cluster `name` of this checkout down and removes all it made. No error if there is none.
pub fn down(name: &str) -> Result<()> {
    let lock = lock(name)?;
    clear_away(name)?;
    lock.remove()
}

/// Ends whatever is left of a cluster, running or not, and removes its control groups and its state.
pub(crate) fn clear_away(name: &str) -> Result<()> {
    let state = paths::state_dir(name);
    let Some(spec) = Spec::read(&state)? else {
        return remove(&state);
    };
    if let Some(processes) = Processes::read(&state)? {
        processes.end()?;
    }
    cgroups::remove(&keeper::control_group(&spec))?;
    remove(&state)
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

/// The lock under which the cluster `name` of this checkout is started and removed.
pub(crate) fn lock(name: &str) -> Result<Lock> {
    let root = fdp_checkout::state();
    fs::create_dir_all(&root).map_err(Error::file("create", &root))?;
    Lock::acquire(&root.join(format!("{}.lock", paths::identity(name, fdp_checkout::root()))))
}

//! Stops a cluster and removes everything it created.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::keeper::{self, Processes};
use crate::lock::Lock;
use crate::spec::Spec;
use crate::{cgroups, paths};

/// Stops the cluster `name` of this checkout and removes everything it created. No error if there is none.
pub fn down(name: &str) -> Result<()> {
    let lock = lock(name)?;
    remove_all(name)?;
    lock.remove()
}

/// Ends the remaining processes of a cluster, running or half-started, and removes its cgroups and its state.
pub(crate) fn remove_all(name: &str) -> Result<()> {
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

/// The lock that protects the start and removal of the cluster `name` of this checkout.
pub(crate) fn lock(name: &str) -> Result<Lock> {
    let root = fdp_checkout::state();
    fs::create_dir_all(&root).map_err(Error::file("create", &root))?;
    Lock::acquire(&root.join(format!("{}.lock", paths::identity(name, fdp_checkout::root()))))
}

//! The cgroups of a cluster: created before the kubelets start, removed when all processes in them have ended.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::wait::{Poll, until};

const MOUNT: &str = "/sys/fs/cgroup";
const REMOVAL_LIMIT: Duration = Duration::from_secs(20);
const CONTROLLERS: [&str; 6] = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];

/// The mount points of all cgroup hierarchies, from the text of `/proc/mounts`.
pub(crate) fn hierarchies(mounts: &str) -> Vec<PathBuf> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let (point, kind) = (fields.next()?, fields.next()?);
            (kind.starts_with("cgroup") && point.starts_with(MOUNT)).then(|| PathBuf::from(point))
        })
        .collect()
}

/// The controllers that Kubernetes requires and that `hierarchies` do not have.
pub(crate) fn missing_controllers(hierarchies: &[PathBuf]) -> Vec<&'static str> {
    let unified = hierarchies.iter().any(|hierarchy| hierarchy == Path::new(MOUNT));
    let offered = fs::read_to_string(Path::new(MOUNT).join("cgroup.controllers")).unwrap_or_default();
    ["cpu", "cpuset", "memory", "pids"]
        .into_iter()
        .filter(|controller| {
            let here = |text: &str| text.split([' ', ',', '\n']).any(|name| name == *controller);
            if unified {
                !here(&offered)
            } else {
                !hierarchies
                    .iter()
                    .filter_map(|path| path.file_name())
                    .any(|name| here(&name.to_string_lossy()))
            }
        })
        .collect()
}

/// Creates the group `path` (such as `/fdp-x/node-1`) in every hierarchy, ready for processes.
pub(crate) fn create(path: &str) -> Result<()> {
    for hierarchy in mounted()? {
        let mut group = hierarchy.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let parent = group.clone();
            group.push(part);
            fs::create_dir_all(&group).map_err(Error::file("create", &group))?;
            prepare(&parent, &group)?;
        }
    }
    Ok(())
}

/// Removes the group `name` with all groups below it from every hierarchy. Waits for processes that are still ending.
pub(crate) fn remove(name: &str) -> Result<()> {
    for hierarchy in mounted()? {
        let group = hierarchy.join(name);
        until(
            &format!("the end of control group {}", group.display()),
            REMOVAL_LIMIT,
            &group,
            || match remove_tree(&group) {
                Ok(()) => Ok(Poll::Done(())),
                Err(error) => Ok(Poll::NotYet(error.to_string())),
            },
        )?;
    }
    Ok(())
}

fn mounted() -> Result<Vec<PathBuf>> {
    let path = "/proc/mounts";
    let mounts = fs::read_to_string(path).map_err(Error::file("read", path))?;
    Ok(hierarchies(&mounts))
}

/// Sets what a new group needs before processes may enter it or its children.
fn prepare(parent: &Path, group: &Path) -> Result<()> {
    // Version 1: a group with an empty cpuset accepts no process.
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let (from, to) = (parent.join(file), group.join(file));
        if from.exists() && fs::read_to_string(&to).is_ok_and(|value| value.trim().is_empty()) {
            let value = fs::read_to_string(&from).map_err(Error::file("read", &from))?;
            fs::write(&to, value.trim()).map_err(Error::file("write", &to))?;
        }
    }
    // Version 2: children have only the controllers that their parents enable for them.
    let offered = fs::read_to_string(parent.join("cgroup.controllers")).unwrap_or_default();
    let hand_down = parent.join("cgroup.subtree_control");
    for controller in offered
        .split_whitespace()
        .filter(|name| CONTROLLERS.contains(name))
    {
        fs::write(&hand_down, format!("+{controller}")).map_err(Error::file("write", &hand_down))?;
    }
    Ok(())
}

/// A cgroup is removed with `rmdir` although it contains files, which the kernel removes.
fn remove_tree(group: &Path) -> io::Result<()> {
    let children = match fs::read_dir(group) {
        Ok(children) => children,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for child in children {
        let child = child?;
        if child.file_type()?.is_dir() {
            remove_tree(&child.path())?;
        }
    }
    fs::remove_dir(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_of_both_versions_are_found() {
        let mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n\
                      cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n\
                      cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n\
                      /dev/vda / ext4 rw 0 0\n";
        assert_eq!(
            hierarchies(mounts),
            [
                PathBuf::from("/sys/fs/cgroup/cpu"),
                PathBuf::from("/sys/fs/cgroup/unified")
            ]
        );
        assert_eq!(
            hierarchies("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"),
            [PathBuf::from(MOUNT)]
        );
    }

    #[test]
    fn a_controller_mounted_together_with_another_counts() {
        let together = ["cpu,cpuacct", "cpuset", "memory"].map(|name| Path::new(MOUNT).join(name));
        assert_eq!(missing_controllers(&together), ["pids"]);
    }
}

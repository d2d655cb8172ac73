//! The mounts of the cluster's processes: the host's file system, with a separate `/run` and `/var`.

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::error::{Error, Result};
use crate::layout;

const NOTHING: Option<&str> = None;

/// Unmounts the host's other mounts in this namespace, so that the cluster never keeps one of them busy.
///
/// `needed` are paths that must stay available.
pub(crate) fn let_go_of_foreign_mounts(needed: &[&Path]) -> Result<()> {
    let path = "/proc/self/mounts";
    let mounts = fs::read_to_string(path).map_err(Error::file("read", path))?;
    for point in foreign(&mounts, needed) {
        // It fails for a mount that is already gone, or below one that is gone; both are fine.
        let _ = umount2(&point, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW);
    }
    Ok(())
}

fn foreign(mounts: &str, needed: &[&Path]) -> Vec<PathBuf> {
    let system = ["/proc", "/sys", "/dev"].map(Path::new);
    mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        // The kernel writes special characters as octal escapes; no mount that matters here has any.
        .filter(|point| !point.contains('\\'))
        .map(PathBuf::from)
        .filter(|point| {
            !system.iter().any(|own| point.starts_with(own))
                && !needed.iter().any(|path| path.starts_with(point))
        })
        .collect()
}

/// Mounts an empty `/run`, and in it the cluster's state and programs under their short paths.
pub(crate) fn private_run(state: &Path, binaries: &Path) -> Result<()> {
    // Opened first, because either may be below the `/run` that is about to be hidden.
    let open = |path: &Path| File::open(path).map_err(Error::file("open", path));
    let (state, binaries) = (open(state)?, open(binaries)?);
    mount(
        Some("tmpfs"),
        "/run",
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some("mode=755"),
    )
    .map_err(Error::kernel("mount a private /run"))?;
    for (directory, target) in [(state, layout::STATE), (binaries, layout::BINARIES)] {
        fs::create_dir(target).map_err(Error::file("create", target))?;
        bind(
            Path::new(&format!("/proc/self/fd/{}", directory.as_raw_fd())),
            Path::new(target),
        )?;
    }
    Ok(())
}

/// Mounts the directory `source` at `target` as well.
pub(crate) fn bind(source: &Path, target: &Path) -> Result<()> {
    mount(Some(source), target, NOTHING, MsFlags::MS_BIND, NOTHING).map_err(Error::kernel(format!(
        "mount {} at {}",
        source.display(),
        target.display()
    )))
}

/// Mounts made in a pod's volume must be visible in the pod, and those of the kubelet in the pods' namespaces.
pub(crate) fn share_within_namespace() -> Result<()> {
    mount(
        NOTHING,
        "/",
        NOTHING,
        MsFlags::MS_REC | MsFlags::MS_SHARED,
        NOTHING,
    )
    .map_err(Error::kernel("make the node's mounts shared"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mounts_that_nobody_needs_are_let_go() {
        let mounts = "\
/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw 0 0
/dev/vdb /home ext4 rw 0 0
/dev/vdc /media/stick vfat rw 0 0
tmpfs /run tmpfs rw 0 0
";
        let needed = [Path::new("/home/me/.local/state"), Path::new("/usr")];
        assert_eq!(
            foreign(mounts, &needed),
            [PathBuf::from("/media/stick"), PathBuf::from("/run")]
        );
    }
}

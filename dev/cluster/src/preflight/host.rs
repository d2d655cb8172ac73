//! Checks of the machine itself: user, kernel features, free disk space.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::statfs::{OVERLAYFS_SUPER_MAGIC, statfs};
use nix::sys::statvfs::statvfs;
use nix::unistd::geteuid;

use crate::options::ClusterOptions;
use crate::problem::Problem;
use crate::{binaries, cgroups, paths};

const GIBIBYTE: u64 = 1 << 30;
/// Disk space for sources, compiled packages and programs of Kubernetes, and then a cluster.
const ROOM_COLD: u64 = 12 * GIBIBYTE;
/// Disk space for a cluster and the images that are imported into it.
const ROOM_WARM: u64 = 4 * GIBIBYTE;
const MOST_NODES: u8 = 9;
const LONGEST_NAME: usize = 30;

pub(super) fn options(options: &ClusterOptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    if options.nodes == 0 || options.nodes > MOST_NODES {
        problems.push(Problem::new(
            format!("a cluster of {} nodes was asked for", options.nodes),
            format!("ask for 1 to {MOST_NODES}"),
        ));
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if options.name.is_empty() || options.name.len() > LONGEST_NAME || !options.name.bytes().all(plain) {
        problems.push(Problem::new(
            format!("{:?} can't be a cluster's name", options.name),
            format!("use lower-case letters, digits and dashes, at most {LONGEST_NAME}"),
        ));
    }
    problems
}

pub(super) fn privileges() -> Vec<Problem> {
    if !geteuid().is_root() {
        return vec![Problem::new(
            "not root, and a cluster needs namespaces, mounts and control groups",
            "run the same command with `sudo -E`",
        )];
    }
    let probe = Command::new("unshare")
        .args([
            "--mount", "--pid", "--fork", "--net", "--", "mount", "-t", "tmpfs", "tmpfs", "/mnt",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match probe {
        Ok(status) if status.success() => Vec::new(),
        // A missing program is reported with the other packages.
        Err(_) => Vec::new(),
        Ok(_) => vec![Problem::new(
            "not even root can create namespaces on this machine",
            "in a container, start it privileged",
        )],
    }
}

pub(super) fn kernel() -> Vec<Problem> {
    let mut problems = Vec::new();
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let hierarchies = cgroups::hierarchies(&mounts);
    if hierarchies.is_empty() {
        problems.push(Problem::new(
            "no control groups are mounted at /sys/fs/cgroup",
            "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
        ));
    } else {
        for controller in cgroups::missing_controllers(&hierarchies) {
            problems.push(Problem::new(
                format!("the control group controller {controller} is missing"),
                "enable it in the kernel's command line or in the parent group",
            ));
        }
    }
    for (module, evidence) in [("overlay", "overlay"), ("br_netfilter", "")] {
        let there = if evidence.is_empty() {
            Path::new("/proc/sys/net/bridge").is_dir()
        } else {
            fs::read_to_string("/proc/filesystems").is_ok_and(|text| text.contains(evidence))
        };
        if !there && !load(module) {
            problems.push(Problem::new(
                format!("the kernel module {module} isn't loaded"),
                format!("modprobe {module}"),
            ));
        }
    }
    problems
}

/// Loads a kernel module; it stays loaded, because other programs may use it meanwhile.
fn load(module: &str) -> bool {
    geteuid().is_root()
        && Command::new("modprobe")
            .args(["--quiet", module])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
}

pub(super) fn disks(name: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let needed = if binaries::are_built() {
        ROOM_WARM
    } else {
        ROOM_COLD
    };
    for (directory, variable) in [
        (fdp_checkout::cache(), "FDP_CACHE"),
        (fdp_checkout::state(), "FDP_STATE"),
    ] {
        let there = nearest_existing(&directory);
        if let Ok(disk) = statvfs(&there) {
            let free = disk.blocks_available() * disk.fragment_size();
            if free < needed {
                problems.push(Problem::new(
                    format!(
                        "{} has {:.1} GiB free of the {} GiB needed",
                        there.display(),
                        tenths(free),
                        needed / GIBIBYTE
                    ),
                    format!("make room, or set {variable} to a directory on another disk"),
                ));
            }
        }
    }
    let state = nearest_existing(&paths::state_dir(name));
    if statfs(&state).is_ok_and(|disk| disk.filesystem_type() == OVERLAYFS_SUPER_MAGIC) {
        problems.push(Problem::new(
            format!(
                "{} is on an overlay file system, which can't carry containers",
                state.display()
            ),
            "set FDP_STATE to a directory on a real disk or a volume",
        ));
    }
    problems
}

/// In GiB, rounded for display.
fn tenths(bytes: u64) -> f64 {
    let tenths = u32::try_from(bytes / (GIBIBYTE / 10)).unwrap_or(u32::MAX);
    f64::from(tenths) / 10.0
}

fn nearest_existing(path: &Path) -> PathBuf {
    path.ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(Path::new("/"))
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(name: &str, nodes: u8) -> usize {
        options(&ClusterOptions {
            name: name.to_owned(),
            nodes,
            ..ClusterOptions::default()
        })
        .len()
    }

    #[test]
    fn names_and_sizes_that_cannot_work_are_refused() {
        assert_eq!(complaints("local", 1), 0);
        assert_eq!(complaints("e2e-3", 9), 0);
        assert_eq!(complaints("../etc", 1), 1);
        assert_eq!(complaints("", 1), 1);
        assert_eq!(complaints("local", 0), 1);
        assert_eq!(complaints("Local", 10), 2);
    }

    #[test]
    fn room_is_looked_for_where_the_directory_will_be() {
        assert_eq!(
            nearest_existing(Path::new("/proc/no/such/place")),
            Path::new("/proc")
        );
    }
}

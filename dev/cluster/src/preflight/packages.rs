//! The programs that a cluster needs from the machine, and Debian's packages that contain them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::geteuid;

use crate::command::run;
use crate::error::Result;
use crate::images::BUSYBOX_PROGRAM;
use crate::layout;
use crate::problem::Problem;
use crate::progress::Progress;

/// Each required program and the Debian package that contains it.
const NEEDED: [(&str, &str); 13] = [
    ("containerd", "containerd"),
    ("containerd-shim-runc-v2", "containerd"),
    ("ctr", "containerd"),
    ("runc", "runc"),
    ("iptables", "iptables"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("ipset", "ipset"),
    ("mount", "mount"),
    ("unshare", "util-linux"),
    ("setpriv", "util-linux"),
    ("nsenter", "util-linux"),
    ("openssl", "openssl"),
];

/// The first release of Go that can compile the modules.
const GO: (u32, u32) = (1, 26);

fn missing_packages() -> Vec<&'static str> {
    let mut packages: Vec<&str> = NEEDED
        .iter()
        .filter(|(program, _)| find(program, layout::SEARCH_PATH).is_none())
        .map(|(_, package)| *package)
        .collect();
    if !["bridge", "host-local", "loopback", "portmap"]
        .iter()
        .all(|plugin| Path::new(layout::CNI_PLUGINS).join(plugin).is_file())
    {
        packages.push("containernetworking-plugins");
    }
    if !fs::read(BUSYBOX_PROGRAM).is_ok_and(|bytes| is_static(&bytes)) {
        packages.push("busybox-static");
    }
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// Programs that are missing and cannot be installed automatically.
pub(super) fn missing() -> Vec<Problem> {
    let mut problems = Vec::new();
    let path = env::var("PATH").unwrap_or_default();
    let cure = format!("install Go {}.{} or later and put it on PATH", GO.0, GO.1);
    match run(Command::new("go").args(["env", "GOVERSION"])) {
        Err(_) => problems.push(Problem::new("Go, which compiles Kubernetes, is missing", cure)),
        Ok(version) if go_version(&version).is_none_or(|version| version < GO) => {
            problems.push(Problem::new(
                format!("{} is too old to build Kubernetes", version.trim()),
                cure,
            ));
        }
        Ok(_) => {}
    }
    let packages = missing_packages();
    if packages.is_empty() {
        return problems;
    }
    if find("apt-get", &path).is_none() {
        problems.push(Problem::new(
            format!("missing: {}", packages.join(", ")),
            "install the corresponding packages of your distribution",
        ));
    } else if !geteuid().is_root() {
        problems.push(Problem::new(
            format!("missing packages: {}", packages.join(" ")),
            format!("apt-get install --no-install-recommends {}", packages.join(" ")),
        ));
    } else {
        problems.extend(
            packages
                .iter()
                .filter(|package| !is_to_be_had(package))
                .map(|package| {
                    Problem::new(
                        format!("the package {package} is missing and apt offers none"),
                        "check /etc/apt/sources.list and the network, then `apt-get update`",
                    )
                }),
        );
    }
    problems
}

/// Installs the missing packages, if the user has the permission. No service of these packages is left running.
///
/// # Errors
/// When apt cannot install one; with its output.
pub fn install_missing(progress: &dyn Progress) -> Result<()> {
    let packages = missing_packages();
    if packages.is_empty() {
        return Ok(());
    }
    progress.stage("Installing packages");
    progress.detail(&packages.join(" "));
    let ran_before = service_runs();
    run(Command::new("apt-get").arg("update"))?;
    run(Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(&packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))?;
    if !ran_before && service_runs() {
        // Debian starts containerd when it is installed; the cluster runs its own in a namespace.
        run(Command::new("systemctl").args(["disable", "--now", "containerd"]))?;
    }
    Ok(())
}

fn service_runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
        && Command::new("systemctl")
            .args(["is-active", "--quiet", "containerd"])
            .status()
            .is_ok_and(|status| status.success())
}

/// Whether apt has a version to install; updates the package lists first if they do not have it.
fn is_to_be_had(package: &str) -> bool {
    let offered = || {
        run(Command::new("apt-cache").args(["policy", package])).is_ok_and(|text| {
            text.lines()
                .any(|line| line.contains("Candidate:") && !line.contains("(none)"))
        })
    };
    offered()
        || (Command::new("apt-get")
            .args(["update", "-qq"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
            && offered())
}

/// `go1.26.8` as (1, 26).
fn go_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix("go")?.split(['.', 'r', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn find(program: &str, path: &str) -> Option<PathBuf> {
    path.split(':')
        .map(|directory| Path::new(directory).join(program))
        .find(|file| file.is_file())
}

/// Whether an ELF program has no interpreter and so needs no shared libraries.
fn is_static(elf: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    let number = |at: usize, size: usize| -> Option<usize> {
        let bytes = elf.get(at..at + size)?;
        bytes.iter().rev().try_fold(0usize, |value, byte| {
            value.checked_mul(256)?.checked_add(usize::from(*byte))
        })
    };
    let headers = || -> Option<bool> {
        if elf.get(..5)? != b"\x7fELF\x02" {
            return None;
        }
        let (start, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        let mut kinds = (0..count).map(|index| number(start + index * size, 4));
        Some(!kinds.any(|kind| kind == Some(INTERPRETER as usize)))
    };
    headers().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_shared_libraries_is_not_static_and_a_text_is_neither() {
        assert!(!is_static(&fs::read("/bin/ls").unwrap()));
        assert!(!is_static(b"#!/bin/sh\n"));
    }

    #[test]
    fn versions_of_go_are_compared_by_their_numbers() {
        assert_eq!(go_version("go1.26.8\n"), Some((1, 26)));
        assert!(go_version("go1.9").unwrap() < GO);
        assert!(go_version("go1.27rc1").unwrap() > GO);
        assert_eq!(go_version("gotip"), None);
    }

    #[test]
    fn a_program_is_found_along_the_path_only() {
        assert!(find("sh", "/nonexistent:/bin").is_some());
        assert!(find("sh", "/nonexistent").is_none());
    }
}

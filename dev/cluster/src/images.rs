//! The images that every cluster needs before it can run others.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::error::Result;
use crate::oci::{Image, pack};

/// The pause image, which holds a pod's namespaces open.
pub(crate) const PAUSE: &str = "localhost/fdp-cluster/pause:1";
/// A shell with the usual small tools, for the storage provisioner, tests and debugging.
pub const BUSYBOX: &str = "localhost/fdp-cluster/busybox:1";
const COREDNS: &str = "localhost/fdp-cluster/coredns:1";
const METRICS_SERVER: &str = "localhost/fdp-cluster/metrics-server:1";
const LOCAL_PATH_PROVISIONER: &str = "localhost/fdp-cluster/local-path-provisioner:1";

/// Debian's statically linked busybox.
pub(crate) const BUSYBOX_PROGRAM: &str = "/bin/busybox";

const NOBODY: &str = "65532:65532";

/// Packs the images of the programs in `binaries` into the directory `archives` and returns the archives.
pub(crate) fn pack_all(binaries: &Path, archives: &Path) -> Result<Vec<PathBuf>> {
    images(binaries)?
        .iter()
        .map(|(file, image)| {
            let archive = archives.join(file);
            pack(image, &archive)?;
            Ok(archive)
        })
        .collect()
}

fn images(binaries: &Path) -> Result<Vec<(&'static str, Image)>> {
    let busybox = (PathBuf::from(BUSYBOX_PROGRAM), "bin/busybox".to_owned());
    let tools = run(Command::new(BUSYBOX_PROGRAM).arg("--list"))?;
    let program = |reference, name: &str| Image {
        reference,
        executables: vec![(binaries.join(name), name.to_owned())],
        links: Vec::new(),
        entrypoint: vec![format!("/{name}")],
        user: NOBODY,
    };
    Ok(vec![
        (
            "pause.tar",
            Image {
                reference: PAUSE,
                executables: vec![busybox.clone()],
                links: Vec::new(),
                entrypoint: ["/bin/busybox", "sleep", "infinity"].map(str::to_owned).to_vec(),
                user: NOBODY,
            },
        ),
        (
            "busybox.tar",
            Image {
                reference: BUSYBOX,
                executables: vec![busybox],
                links: tools
                    .lines()
                    .filter(|tool| *tool != "busybox")
                    .map(|tool| (format!("bin/{tool}"), "busybox".to_owned()))
                    .collect(),
                entrypoint: vec!["/bin/sh".to_owned()],
                user: "0:0",
            },
        ),
        ("coredns.tar", program(COREDNS, "coredns")),
        ("metrics-server.tar", program(METRICS_SERVER, "metrics-server")),
        (
            "local-path-provisioner.tar",
            Image {
                user: "0:0",
                ..program(LOCAL_PATH_PROVISIONER, "local-path-provisioner")
            },
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifests_of_the_add_ons_name_only_images_that_are_packed() {
        let packed = [BUSYBOX, COREDNS, METRICS_SERVER, LOCAL_PATH_PROVISIONER];
        for manifest in crate::addons::MANIFESTS {
            for line in manifest
                .lines()
                .filter(|line| line.trim_start().starts_with("image:"))
            {
                let image = line.split_once("image:").unwrap().1.trim();
                assert!(packed.contains(&image), "{image} is never packed");
            }
        }
    }
}

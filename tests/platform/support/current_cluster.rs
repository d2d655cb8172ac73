//! `CLUSTER=current make up` and `make down`, by a release of ours, in a cluster that the test has started.

use fdp_local::kubectl::Kubectl;
use libtest_mimic::Failed;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The real kind needs Docker. `make up` only uses it to import an archive into the nodes, which this stub does.
const KIND: &str = r#"#!/bin/sh
case "$1" in
    version) echo "stands in for kind" ;;
    load) exec "$FDP_CLUSTER_PROGRAM" --name "$FDP_CLUSTER" load "$3" ;;
    *) echo "unexpected: kind $*" >&2; exit 1 ;;
esac
"#;

/// The cluster, and the programs that `make up` expects in the `PATH`.
pub(crate) struct CurrentCluster {
    tools: tempfile::TempDir,
    name: &'static str,
    kubeconfig: Option<PathBuf>,
}

impl CurrentCluster {
    /// The running cluster of that name of this checkout.
    pub(crate) fn new(
        name: &'static str,
        kubectl: &Kubectl,
        kubeconfig: Option<PathBuf>,
    ) -> Result<Self, Failed> {
        let tools = tempfile::tempdir()?;
        stand_in(tools.path(), kubectl.program())
            .map_err(|error| format!("writing the stand-in for kind: {error}"))?;
        Ok(Self {
            tools,
            name,
            kubeconfig,
        })
    }

    /// Runs a command of `fdp-local`; gives what it printed.
    ///
    /// `target` is the target directory of another checkout, whose program this is.
    pub(crate) fn run(&self, program: &Path, target: Option<&Path>, command: &str) -> Result<String, Failed> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut local = Command::new(program);
        local
            .arg(command)
            .env("CLUSTER", "current")
            .env("PATH", format!("{}:{path}", self.tools.path().display()))
            .env("FDP_CLUSTER", self.name)
            .env(
                "FDP_CLUSTER_PROGRAM",
                fdp_checkout::programs().join("fdp-cluster"),
            );
        if let Some(target) = target {
            // Without the second, its libraries would be compiled once more, beside those of this checkout.
            local
                .env("CARGO_TARGET_DIR", target)
                .env("CARGO_BUILD_BUILD_DIR", target);
        }
        if let Some(kubeconfig) = &self.kubeconfig {
            local.env("KUBECONFIG", kubeconfig);
        }
        let output = local
            .output()
            .map_err(|error| format!("starting {}: {error}", program.display()))?;
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        if output.status.success() {
            Ok(printed)
        } else {
            Err(printed.into())
        }
    }
}

fn stand_in(folder: &Path, kubectl: &Path) -> std::io::Result<()> {
    let kind = folder.join("kind");
    fs::write(&kind, KIND)?;
    fs::set_permissions(&kind, fs::Permissions::from_mode(0o755))?;
    symlink(kubectl, folder.join("kubectl"))
}

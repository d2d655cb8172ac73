//! Helm, with settings and caches of its own, and this checkout's charts.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::error::Result;
use crate::programs;

/// The chart of that name.
pub fn chart(name: &str) -> PathBuf {
    fdp_checkout::root().join("manifests/helm").join(name)
}

/// Helm as somebody has it who never used it before.
#[derive(Debug)]
pub struct Helm {
    home: TempDir,
    kubeconfig: PathBuf,
}

impl Helm {
    /// One that speaks to the cluster of a kubeconfig, which need not be there to render.
    pub fn new(kubeconfig: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self {
            home: tempfile::tempdir()?,
            kubeconfig: kubeconfig.into(),
        })
    }

    /// One without a cluster.
    pub fn offline() -> io::Result<Self> {
        Self::new("/dev/null")
    }

    /// The command, to which arguments are to be added; Helm is compiled first if it isn't yet.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(programs::program("helm")?);
        for (variable, folder) in [
            ("HELM_CACHE_HOME", "cache"),
            ("HELM_CONFIG_HOME", "config"),
            ("HELM_DATA_HOME", "data"),
        ] {
            command.env(variable, self.home.path().join(folder));
        }
        command.env("KUBECONFIG", &self.kubeconfig);
        Ok(command)
    }
}

//! Helm with separate settings and caches, and this checkout's charts.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::error::Result;
use crate::programs;

pub fn chart(name: &str) -> PathBuf {
    fdp_checkout::root().join("manifests/helm").join(name)
}

/// A Helm without any earlier settings, as a new user has it.
#[derive(Debug)]
pub struct Helm {
    home: TempDir,
    kubeconfig: PathBuf,
}

impl Helm {
    /// A Helm for the cluster of a kubeconfig; for rendering, the cluster need not exist.
    pub fn new(kubeconfig: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self {
            home: tempfile::tempdir()?,
            kubeconfig: kubeconfig.into(),
        })
    }

    /// A Helm without a cluster.
    pub fn offline() -> io::Result<Self> {
        Self::new("/dev/null")
    }

    /// The command without arguments; Helm is compiled first if necessary.
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

//! The specification of one cluster, written to a file so that its processes and later commands use the same values.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::options::{ClusterOptions, Forward, Lifetime};
use crate::paths;

const FILE: &str = "spec.json";

/// The specification of one cluster, stored in its state directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) name: String,
    /// The unique name across checkouts; also the name of its cgroup.
    pub(crate) identity: String,
    pub(crate) checkout: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) binaries: PathBuf,
    pub(crate) nodes: u8,
    pub(crate) api_port: u16,
    pub(crate) forwards: Vec<Forward>,
    pub(crate) lifetime: Lifetime,
}

impl Spec {
    /// The specification of a cluster of this checkout with these options.
    pub(crate) fn new(options: &ClusterOptions, binaries: &Path) -> Self {
        Self {
            name: options.name.clone(),
            identity: paths::identity(&options.name, fdp_checkout::root()),
            checkout: fdp_checkout::root().to_owned(),
            state: paths::state_dir(&options.name),
            binaries: binaries.to_owned(),
            nodes: options.nodes,
            api_port: options.api_port,
            forwards: options.forwards.clone(),
            lifetime: options.lifetime,
        }
    }

    /// Reads the record in the state directory `state`; `None` if there is no such cluster.
    pub(crate) fn read(state: &Path) -> Result<Option<Self>> {
        read_json(&state.join(FILE))
    }

    /// Writes the record into its state directory and returns the path.
    pub(crate) fn write(&self) -> Result<PathBuf> {
        let path = self.state.join(FILE);
        write_json(&path, self)?;
        Ok(path)
    }

    pub(crate) fn log(&self, component: &str) -> PathBuf {
        self.state.join("logs").join(format!("{component}.log"))
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.state.join("kubeconfig")
    }

    /// Whether a cluster with this specification has these options; a port of 0 in the options matches any port.
    pub(crate) fn satisfies(&self, options: &ClusterOptions) -> bool {
        let same_port = |requested: u16, actual: u16| requested == 0 || requested == actual;
        self.nodes == options.nodes
            && self.lifetime == options.lifetime
            && same_port(options.api_port, self.api_port)
            && self.forwards.len() == options.forwards.len()
            && self
                .forwards
                .iter()
                .zip(&options.forwards)
                .all(|(actual, requested)| {
                    actual.node_port == requested.node_port
                        && same_port(requested.loopback_port, actual.loopback_port)
                })
    }
}

/// Reads a JSON file; `None` if it does not exist.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| Error::Record {
                path: path.to_owned(),
                source,
            }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

/// Writes a JSON file atomically, so that no reader sees a partial file.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(value).map_err(|source| Error::Record {
        path: path.to_owned(),
        source,
    })?;
    let partial = path.with_extension("partial");
    fs::write(&partial, bytes).map_err(Error::file("write", &partial))?;
    fs::rename(&partial, path).map_err(Error::file("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(options: &ClusterOptions) -> Spec {
        Spec::new(options, Path::new("/cache"))
    }

    #[test]
    fn a_running_cluster_satisfies_the_options_it_was_started_with() {
        let options = ClusterOptions::default();
        assert!(spec(&options).satisfies(&options));
        assert!(!spec(&options).satisfies(&ClusterOptions { nodes: 3, ..options }));
    }

    #[test]
    fn any_port_will_do_where_none_was_asked_for() {
        let running = spec(&ClusterOptions {
            api_port: 40000,
            ..ClusterOptions::default()
        });
        assert!(running.satisfies(&ClusterOptions {
            api_port: 0,
            ..ClusterOptions::default()
        }));
        assert!(!running.satisfies(&ClusterOptions {
            api_port: 16443,
            ..ClusterOptions::default()
        }));
    }

    #[test]
    fn the_record_survives_a_round_trip_and_its_absence_is_no_error() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Spec::read(directory.path()).unwrap(), None);
        let mut spec = spec(&ClusterOptions::default());
        directory.path().clone_into(&mut spec.state);
        spec.write().unwrap();
        assert_eq!(Spec::read(directory.path()).unwrap(), Some(spec));
    }
}

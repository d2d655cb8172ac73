//! The cluster for the platform: our own Kubernetes, or the cluster of the current kubectl context.

use crate::failure::{Failure, Result};
use crate::kubectl::Kubectl;
use crate::options::{DASHBOARD_PORT, GATEWAY_PORT, Where};
use crate::software;
use fdp_cluster::{Cluster, ClusterOptions, Forward, Lifetime, Progress};
use fdp_images::ImageSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the cluster that `make up` creates.
pub const NAME: &str = "local";

pub enum Target {
    /// Our own cluster.
    Own(Cluster),
    /// An existing cluster, reached through the current kubectl context.
    Current {
        /// The registry to push images to; if `None`, kind loads them.
        images: Option<String>,
    },
}

/// The options of our own cluster: loopback forwards to the gateway and the status page.
pub fn own_options(name: &str, api_port: u16, nodes: u8, lifetime: Lifetime) -> ClusterOptions {
    let forward = |port| Forward {
        loopback_port: port,
        node_port: port,
    };
    ClusterOptions {
        name: name.to_owned(),
        nodes,
        api_port,
        forwards: vec![forward(GATEWAY_PORT), forward(DASHBOARD_PORT)],
        lifetime,
    }
}

/// Checks the requirements of `place` before any long work.
///
/// # Errors
/// When something is missing; with one line for each problem.
pub fn preflight(place: &Where, name: &str) -> Result<()> {
    let problems: Vec<String> = match place {
        Where::Own { api_port, nodes, .. } => {
            let options = own_options(name, *api_port, *nodes, Lifetime::Detached);
            fdp_cluster::preflight(&options)
                .iter()
                .map(ToString::to_string)
                .collect()
        }
        Where::Current { images } => current_problems(images.as_deref()),
    };
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::NotReady(problems))
    }
}

fn current_problems(images: Option<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    let works = |program: &str, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !works("kubectl", &["version", "--request-timeout=10s"]) {
        problems.push(
            "the current kubectl context does not answer — check `kubectl config current-context` and `kubectl version`"
                .to_owned(),
        );
    }
    if images.is_none() && !works("kind", &["version"]) {
        problems.push(
            "images cannot be transferred to that cluster — set IMAGES=registry/prefix to push them, or install kind"
                .to_owned(),
        );
    }
    problems
}

impl Target {
    /// kubectl for this cluster.
    pub fn kubectl(&self) -> Kubectl {
        match self {
            Self::Own(cluster) => Kubectl::new(
                Path::new(cluster.kubectl().get_program()),
                Some(&cluster.kubeconfig()),
            ),
            Self::Current { .. } => Kubectl::new(Path::new("kubectl"), None),
        }
    }

    /// The kubeconfig to show to the user.
    pub fn kubeconfig(&self) -> Option<PathBuf> {
        match self {
            Self::Own(cluster) => Some(cluster.kubeconfig()),
            Self::Current { .. } => None,
        }
    }

    /// The prefix of the image names for the cluster's nodes.
    pub fn image_prefix(&self) -> &str {
        match self {
            Self::Current { images: Some(prefix) } => prefix,
            _ => software::LOCAL_PREFIX,
        }
    }

    /// Makes the images available to the nodes.
    ///
    /// # Errors
    /// When that fails.
    pub fn deliver(&self, set: &ImageSet, progress: &dyn Progress) -> Result<()> {
        match self {
            Self::Own(cluster) => {
                let archives: Vec<PathBuf> = set.images.iter().map(|image| image.archive.clone()).collect();
                Ok(cluster.load(&archives)?)
            }
            Self::Current { images: Some(prefix) } => Ok(fdp_images::push(set, prefix)?),
            Self::Current { images: None } => set.images.iter().try_for_each(|image| {
                progress.detail(&image.reference);
                let output = Command::new("kind")
                    .args(["load", "image-archive"])
                    .arg(&image.archive)
                    .output()
                    .map_err(|source| Failure::Start {
                        program: "kind".into(),
                        source,
                    })?;
                if output.status.success() {
                    return Ok(());
                }
                Err(Failure::Command {
                    doing: format!("kind load image-archive {}", image.archive.display()),
                    output: String::from_utf8_lossy(&output.stderr).into_owned(),
                })
            }),
        }
    }
}

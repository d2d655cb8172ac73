//! Writes a cluster's files: certificates, kubeconfigs and the configuration of every component.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use crate::configuration::{self, Machine};
use crate::error::{Error, Result};
use crate::network::{API_PORT, CONTROL_PLANE, Node};
use crate::spec::Spec;
use crate::{certificates, kubeconfig, layout};

/// Writes the cluster's state directory, which must not exist yet.
pub(crate) fn write(spec: &Spec) -> Result<()> {
    let state = &spec.state;
    let keys = layout::certificates(state);
    for directory in [&keys, &state.join("logs"), &state.join("kubeconfigs")] {
        create(directory)?;
    }
    certificates::make_all(&keys, spec.nodes)?;
    // Pods must not inherit the host's name servers, which they cannot reach.
    put(&state.join("resolv.conf"), "")?;
    put(
        &spec.kubeconfig(),
        &kubeconfig::administrator(&keys, &spec.name, spec.api_port)?,
    )?;
    let inside = layout::certificates(Path::new(layout::STATE));
    let server = format!("https://{CONTROL_PLANE}:{API_PORT}");
    let nodes = Node::all(spec.nodes).map(Node::name);
    for component in [
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "kube-router",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(nodes)
    {
        let path = layout::component_kubeconfig(state, &component);
        put(&path, &kubeconfig::component(&inside, &component, &server))?;
    }
    let machine = machine()?;
    Node::all(spec.nodes).try_for_each(|node| write_node(spec, node, machine))
}

fn write_node(spec: &Spec, node: Node, machine: Machine) -> Result<()> {
    let directory = layout::node(&spec.state, node);
    let var = layout::node_var(&spec.state, node);
    for directory in [
        var.join("lib/local-path"),
        var.join("log"),
        var.join("tmp"),
        directory.join("cni"),
    ] {
        create(&directory)?;
    }
    let run = var.join("run");
    std::os::unix::fs::symlink("/run", &run).map_err(Error::file("create", &run))?;
    put(
        &directory.join("containerd.toml"),
        &configuration::containerd(node),
    )?;
    put(&directory.join("cni/10-pods.conflist"), &configuration::cni(node))?;
    put(
        &directory.join("kubelet.json"),
        &configuration::kubelet(&spec.identity, node, spec.nodes, machine),
    )?;
    put(
        &directory.join("kube-proxy.json"),
        &configuration::kube_proxy(node),
    )
}

fn machine() -> Result<Machine> {
    let path = "/proc/meminfo";
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    let kibibytes = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .trim()
                .strip_suffix(" kB")?
                .parse::<u64>()
                .ok()
        })
        .unwrap_or_default();
    let cpus = available_parallelism()
        .map_err(Error::file("count", "the processors"))?
        .get();
    Ok(Machine {
        milli_cpus: 1000 * cpus as u64,
        memory_mebibytes: kibibytes / 1024,
    })
}

fn create(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).map_err(Error::file("create", directory))
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::file("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ClusterOptions;

    #[test]
    fn a_cluster_of_two_nodes_has_files_for_both() {
        let directory = tempfile::tempdir().unwrap();
        let options = ClusterOptions {
            nodes: 2,
            ..ClusterOptions::default()
        };
        let spec = Spec {
            state: directory.path().join("state"),
            ..Spec::new(&options, Path::new("/bin"))
        };
        write(&spec).unwrap();
        for node in Node::all(2) {
            assert!(layout::node(&spec.state, node).join("kubelet.json").is_file());
            assert!(layout::component_kubeconfig(&spec.state, &node.name()).is_file());
        }
        assert!(
            fs::read_to_string(spec.kubeconfig())
                .unwrap()
                .contains("https://127.0.0.1:16443")
        );
    }
}

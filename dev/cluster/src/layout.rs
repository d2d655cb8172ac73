//! Where a cluster's files lie, as its own processes see them.

use std::path::{Path, PathBuf};

use crate::network::Node;

/// The state directory, inside the cluster's namespaces: short, whatever its path is outside.
pub(crate) const STATE: &str = "/run/cluster";
/// The programs that were built, inside the cluster's namespaces.
pub(crate) const BINARIES: &str = "/run/kubernetes";
/// The search path of every component; Debian keeps its CNI plugins elsewhere.
pub(crate) const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Where Debian puts the CNI plugins.
pub(crate) const CNI_PLUGINS: &str = "/usr/lib/cni";

/// The certificates, below a state directory.
pub(crate) fn certificates(state: &Path) -> PathBuf {
    state.join("certificates")
}

/// The kubeconfig of a component, below a state directory.
pub(crate) fn component_kubeconfig(state: &Path, component: &str) -> PathBuf {
    state.join("kubeconfigs").join(component)
}

/// A node's directory, below a state directory.
pub(crate) fn node(state: &Path, node: Node) -> PathBuf {
    state.join("nodes").join(node.name())
}

/// What a node sees as `/var`, below a state directory.
pub(crate) fn node_var(state: &Path, of: Node) -> PathBuf {
    node(state, of).join("var")
}

/// A node's containerd socket, relative to the node's directory: a whole path may be too long for a socket.
pub(crate) const CONTAINERD_SOCKET: &str = "containerd.sock";

/// The program that a component is, inside the namespaces.
pub(crate) fn binary(name: &str) -> PathBuf {
    Path::new(BINARIES).join(name)
}

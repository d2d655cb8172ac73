//! The paths of a cluster's files, as its own processes see them.

use std::path::{Path, PathBuf};

use crate::network::Node;

/// The state directory inside the cluster's namespaces: a short path, however long the path outside is.
pub(crate) const STATE: &str = "/run/cluster";
/// The compiled programs inside the cluster's namespaces.
pub(crate) const BINARIES: &str = "/run/kubernetes";
/// The search path of every component, without Debian's directory for CNI plugins.
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

/// The directory mounted as `/var` of a node, below a state directory.
pub(crate) fn node_var(state: &Path, of: Node) -> PathBuf {
    node(state, of).join("var")
}

/// A node's containerd socket, relative to the node's directory: a full path may be too long for a socket.
pub(crate) const CONTAINERD_SOCKET: &str = "containerd.sock";

/// The program of a component, inside the namespaces.
pub(crate) fn binary(name: &str) -> PathBuf {
    Path::new(BINARIES).join(name)
}

//! The network addresses of a cluster; they are constants because nothing outside its network namespace sees them.

use std::net::Ipv4Addr;

/// The bridge that connects the control plane and the nodes.
pub(crate) const BRIDGE: &str = "lan0";
/// The control plane's address on that bridge.
pub(crate) const CONTROL_PLANE: Ipv4Addr = Ipv4Addr::new(10, 89, 0, 1);
/// The API server's port inside the namespace.
pub(crate) const API_PORT: u16 = 6443;
/// The address range of all pods.
pub(crate) const PODS: &str = "10.244.0.0/16";
/// The address range of all services.
pub(crate) const SERVICES: &str = "10.96.0.0/16";
/// The service `kubernetes.default`: the first address of [`SERVICES`].
pub(crate) const API_SERVICE: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 1);
/// The service `kube-dns`.
pub(crate) const DNS_SERVICE: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 10);

/// A node's position in the network. Nodes are numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node(pub(crate) u8);

impl Node {
    /// All nodes of a cluster of `count` nodes.
    pub(crate) fn all(count: u8) -> impl Iterator<Item = Self> {
        (1..=count).map(Self)
    }

    /// Its name in Kubernetes; also the name of its interface on the bridge.
    pub(crate) fn name(self) -> String {
        format!("node-{}", self.0)
    }

    /// Its address on the bridge.
    pub(crate) fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 89, 0, 10 + self.0)
    }

    /// The addresses of its pods.
    pub(crate) fn pods(self) -> String {
        format!("10.244.{}.0/24", self.0)
    }
}

/// `ip -batch` commands for the namespace of the control plane, before any node exists.
pub(crate) fn control_plane_commands(nodes: u8) -> String {
    let mut lines = vec![
        "link set lo up".to_owned(),
        format!("link add {BRIDGE} type bridge"),
        format!("addr add {CONTROL_PLANE}/24 dev {BRIDGE}"),
        format!("link set {BRIDGE} up"),
    ];
    lines.extend(Node::all(nodes).map(route));
    lines.join("\n")
}

/// `ip -batch` commands for a node's namespace. The other end of its interface pair appears in the namespace of
/// process 1.
pub(crate) fn node_commands(node: Node, nodes: u8) -> String {
    let mut lines = vec![
        "link set lo up".to_owned(),
        format!("link add eth0 type veth peer name {} netns 1", node.name()),
        format!("addr add {}/24 dev eth0", node.address()),
        "link set eth0 up".to_owned(),
    ];
    lines.extend(Node::all(nodes).filter(|other| *other != node).map(route));
    lines.join("\n")
}

/// `ip -batch` commands that attach every node's interface to the bridge.
pub(crate) fn attach_commands(nodes: u8) -> String {
    Node::all(nodes)
        .map(|node| format!("link set {} master {BRIDGE} up", node.name()))
        .collect::<Vec<_>>()
        .join("\n")
}

fn route(node: Node) -> String {
    format!("route add {} via {}", node.pods(), node.address())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_reaches_the_pods_of_every_other_but_routes_its_own_itself() {
        let commands = node_commands(Node(2), 3);
        assert!(commands.contains("route add 10.244.1.0/24 via 10.89.0.11"));
        assert!(commands.contains("route add 10.244.3.0/24 via 10.89.0.13"));
        assert!(!commands.contains("10.244.2.0/24"));
    }

    #[test]
    fn the_control_plane_reaches_the_pods_of_all_nodes() {
        let commands = control_plane_commands(3);
        for node in Node::all(3) {
            assert!(commands.contains(&node.pods()));
        }
    }

    #[test]
    fn interface_names_fit_the_kernels_fifteen_characters() {
        assert!(Node::all(9).all(|node| node.name().len() <= 15));
    }
}

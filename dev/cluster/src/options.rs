//! What a caller may choose about a cluster.

use serde::{Deserialize, Serialize};

/// What a caller may choose about a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterOptions {
    /// Names the cluster within this checkout: lower-case letters, digits and dashes.
    pub name: String,
    /// How many nodes, 1 to 9.
    pub nodes: u8,
    /// The loopback port at which the API server answers; 0 picks a free one.
    pub api_port: u16,
    /// Loopback ports that lead to node ports.
    pub forwards: Vec<Forward>,
    /// How long the cluster lives.
    pub lifetime: Lifetime,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            name: "local".to_owned(),
            nodes: 1,
            api_port: 16443,
            forwards: Vec::new(),
            lifetime: Lifetime::Detached,
        }
    }
}

/// `127.0.0.1:loopback_port` on the host leads to `node_port` of the first node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// The port on the host's loopback address; 0 picks a free one.
    pub loopback_port: u16,
    /// The node port it leads to.
    pub node_port: u16,
}

/// How long a cluster lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifetime {
    /// Until somebody takes it down.
    Detached,
    /// Until the [`crate::Cluster`] is dropped or the process that holds it ends, however it ends.
    WithParent,
}

//! The options of a cluster.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterOptions {
    /// The name of the cluster within this checkout: lower-case letters, digits and dashes.
    pub name: String,
    /// The number of nodes, 1 to 9.
    pub nodes: u8,
    /// The loopback port of the API server; 0 picks a free one.
    pub api_port: u16,
    /// Loopback ports that forward to node ports.
    pub forwards: Vec<Forward>,
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

/// Forwards `127.0.0.1:loopback_port` on the host to `node_port` of the first node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// The port on the host's loopback address; 0 picks a free one.
    pub loopback_port: u16,
    pub node_port: u16,
}

/// How long a cluster lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifetime {
    /// Until `down` is called.
    Detached,
    /// Until the [`crate::Cluster`] is dropped or the process that holds it ends, even if it is killed.
    WithParent,
}

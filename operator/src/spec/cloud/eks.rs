//! A cluster with its nodes, with every default filled in.

use fdp_crds::{Eks as EksSpec, NodeGroup as NodeGroupSpec};

use crate::spec::fitting::fitting;

/// The maximum length of the name of an EKS cluster.
pub(super) const CLUSTER_NAME: usize = 100;
const NODE_GROUP: &str = "standard-workers";
const INSTANCE_TYPE: &str = "t3.medium";
const MIN_NODES: i32 = 1;
const MAX_NODES: i32 = 3;
const ADD_ONS: [&str; 3] = ["vpc-cni", "coredns", "kube-proxy"];

/// A cluster with its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eks {
    pub name: String,
    pub version: String,
    pub subnets: Vec<String>,
    pub node_group: NodeGroup,
    pub add_ons: Vec<String>,
}

/// A node group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeGroup {
    pub name: String,
    pub instance_types: Vec<String>,
    /// The desired number of nodes; `None` if an autoscaler or a person sets it.
    pub desired: Option<i32>,
    pub min: i32,
    pub max: i32,
}

/// Fills in the missing settings.
pub(super) fn cluster(spec: EksSpec, namespace: &str, platform: &str) -> Eks {
    Eks {
        name: spec
            .name
            .unwrap_or_else(|| fitting(&format!("{namespace}-{platform}"), CLUSTER_NAME)),
        version: spec.version,
        subnets: spec.subnets,
        node_group: node_group(spec.node_group.unwrap_or_default()),
        add_ons: spec
            .add_ons
            .unwrap_or_else(|| ADD_ONS.map(str::to_owned).to_vec()),
    }
}

fn node_group(spec: NodeGroupSpec) -> NodeGroup {
    NodeGroup {
        name: spec.name.unwrap_or_else(|| NODE_GROUP.to_owned()),
        instance_types: if spec.instance_types.is_empty() {
            vec![INSTANCE_TYPE.to_owned()]
        } else {
            spec.instance_types
        },
        desired: spec.desired,
        min: spec.min.unwrap_or(MIN_NODES),
        max: spec.max.unwrap_or(MAX_NODES),
    }
}

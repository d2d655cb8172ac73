//! The cluster as it exists at AWS.

use serde_json::Value;

use crate::aws::{
    eks::{
        desired::{Size, Version},
        role::Role,
    },
    state::State,
};

/// The actual state of a cluster and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actual {
    pub cluster_role: Option<ActualRole>,
    pub nodes_role: Option<ActualRole>,
    /// Not looked for in a cluster that shall make no volumes.
    pub volumes_role: Option<ActualRole>,
    pub cluster: Option<ActualCluster>,
    /// The ARNs of the identity providers of the cluster.
    pub identity_providers: Vec<String>,
    pub node_groups: Vec<ActualNodeGroup>,
    pub add_ons: Vec<ActualAddOn>,
}

impl Actual {
    /// The role, if it exists.
    pub fn role(&self, role: Role) -> Option<&ActualRole> {
        match role {
            Role::Cluster => self.cluster_role.as_ref(),
            Role::Nodes => self.nodes_role.as_ref(),
            Role::Volumes => self.volumes_role.as_ref(),
        }
    }

    /// The node group of that name, if it exists.
    pub fn nodes(&self, name: &str) -> Option<&ActualNodeGroup> {
        self.node_groups.iter().find(|nodes| nodes.name == name)
    }

    /// The add-on of that name, if it exists.
    pub fn add_on(&self, name: &str) -> Option<&ActualAddOn> {
        self.add_ons.iter().find(|add_on| add_on.name == name)
    }
}

/// A role that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualRole {
    pub arn: String,
    /// Its id. Another role with the same name has another id.
    pub id: String,
    pub ours: bool,
    /// The ARNs of its policies; empty for a role that is not ours.
    pub policies: Vec<String>,
    /// Its trust policy, if it can be read.
    pub trust: Option<Value>,
}

/// A cluster that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualCluster {
    pub ours: bool,
    /// When it was created, which distinguishes it from another one of the same name.
    pub created_at: String,
    pub state: State,
    pub version: Version,
    pub subnets: Vec<String>,
    pub endpoint: Option<String>,
    /// The CA certificate of its API server: PEM, in Base64.
    pub certificate_authority: Option<String>,
    /// The OIDC issuer of the cluster's service accounts.
    pub issuer: Option<String>,
}

/// A node group that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualNodeGroup {
    pub name: String,
    pub ours: bool,
    /// When it was last changed.
    pub modified_at: String,
    pub state: State,
    pub version: Version,
    pub instance_types: Vec<String>,
    pub size: Size,
}

/// An add-on that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualAddOn {
    pub name: String,
    pub state: State,
    /// Whether it is there and AWS says that it does not work.
    pub degraded: bool,
    /// The ARN of the role that its service account has; without one, it has the rights of the nodes.
    pub role_arn: Option<String>,
    /// When it was last changed.
    pub modified_at: String,
}

//! What of a cluster is there.

use crate::aws::eks::{
    role::Role,
    wanted::{Size, Version},
};

/// What of a cluster is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub cluster_role: Option<SeenRole>,
    pub nodes_role: Option<SeenRole>,
    pub cluster: Option<SeenCluster>,
    /// The ARNs of the identity providers of the cluster.
    pub identity_providers: Vec<String>,
    pub node_groups: Vec<SeenNodes>,
    pub add_ons: Vec<SeenAddOn>,
}

impl Seen {
    /// The role, if it is there.
    pub fn role(&self, role: Role) -> Option<&SeenRole> {
        match role {
            Role::Cluster => self.cluster_role.as_ref(),
            Role::Nodes => self.nodes_role.as_ref(),
        }
    }

    /// The group of nodes of that name, if it is there.
    pub fn nodes(&self, name: &str) -> Option<&SeenNodes> {
        self.node_groups.iter().find(|nodes| nodes.name == name)
    }
}

/// A role that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRole {
    pub arn: String,
    /// Its id, which another role of the same name does not have.
    pub id: String,
    pub ours: bool,
    /// The ARNs of its policies; of a role that is not ours, nobody asked.
    pub policies: Vec<String>,
}

/// A cluster that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCluster {
    pub ours: bool,
    /// When it was made, which tells it from another one of the same name.
    pub made: String,
    pub state: State,
    pub version: Version,
    pub subnets: Vec<String>,
    pub endpoint: Option<String>,
    /// Whom the certificate of its API server comes from: PEM, in Base64.
    pub certificate_authority: Option<String>,
    /// Who vouches for the cluster's accounts.
    pub issuer: Option<String>,
}

/// A group of nodes that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenNodes {
    pub name: String,
    pub ours: bool,
    /// When it was last changed.
    pub changed: String,
    pub state: State,
    pub version: Version,
    pub instance_types: Vec<String>,
    pub size: Size,
}

/// An add-on that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAddOn {
    pub name: String,
    pub state: State,
}

/// What AWS is doing with something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// It is being made, changed or deleted; the word is AWS'.
    Busy(String),
    /// AWS has given up, for this reason.
    Failed(String),
}

impl State {
    /// The word for it.
    pub fn word(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Busy(word) => word,
            Self::Failed(_) => "FAILED",
        }
    }
}

//! The calls that change something about a cluster.

use serde_json::Value;

use crate::aws::eks::{
    actual::Actual,
    ami::Ami,
    desired::{NodeGroup, Size, Version},
    role::Role,
};

/// One call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    CreateRole {
        role: Role,
        trust: Value,
    },
    /// Replaces the role's trust policy.
    Trust {
        role: Role,
        trust: Value,
    },
    AttachPolicy {
        role: Role,
        /// The policy's ARN.
        policy: String,
    },
    CreateCluster {
        version: Version,
        subnets: Vec<String>,
        role_arn: String,
    },
    UpgradeCluster {
        to: Version,
    },
    CreateIdentityProvider {
        issuer: String,
    },
    CreateNodes {
        group: NodeGroup,
        ami: Ami,
        version: Version,
        subnets: Vec<String>,
        role_arn: String,
    },
    ResizeNodes {
        group: String,
        to: Size,
    },
    UpgradeNodes {
        group: String,
        to: Version,
    },
    CreateAddOn(NewAddOn),
    /// Gives the add-on's service account that role.
    GiveRole {
        add_on: String,
        role_arn: String,
    },
    Remove(Removal),
}

/// An add-on to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAddOn {
    pub name: String,
    /// The role of its service account, if it has one of its own.
    pub role_arn: Option<String>,
    /// Settings other than those that AWS gives it, as the add-on's schema has them.
    pub configuration: Option<Value>,
}

/// One call that deletes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The node group of that name.
    Nodes(String),
    Cluster,
    /// The identity provider with that ARN.
    IdentityProvider(String),
    /// Detaches that policy from the role.
    Policy(Role, String),
    Role(Role),
}

impl Step {
    /// The change as text, with the resource's name.
    pub fn describe(&self, cluster: &str) -> String {
        match self {
            Self::CreateRole { role, .. } => format!("create IAM role {}", role.name(cluster)),
            Self::Trust { role, .. } => format!("set who may assume IAM role {}", role.name(cluster)),
            Self::AttachPolicy { role, policy } => {
                format!("give IAM role {} the policy {policy}", role.name(cluster))
            }
            Self::CreateCluster { version, .. } => {
                format!("create EKS cluster {cluster} of version {version}")
            }
            Self::UpgradeCluster { to } => format!("upgrade EKS cluster {cluster} to {to}"),
            Self::CreateIdentityProvider { .. } => {
                format!("create the IAM identity provider of EKS cluster {cluster}")
            }
            Self::CreateNodes { group, .. } => {
                format!("create EKS node group {} of cluster {cluster}", group.name)
            }
            Self::ResizeNodes { group, to } => {
                format!("resize EKS node group {group} of cluster {cluster} to {to}")
            }
            Self::UpgradeNodes { group, to } => {
                format!("upgrade EKS node group {group} of cluster {cluster} to {to}")
            }
            Self::CreateAddOn(add_on) => format!("create EKS add-on {} of cluster {cluster}", add_on.name),
            Self::GiveRole { add_on, role_arn } => {
                format!("give EKS add-on {add_on} of cluster {cluster} the role {role_arn}")
            }
            Self::Remove(removal) => removal.describe(cluster),
        }
    }

    /// A value that changes once the step has taken effect, so that the same step gets another idempotency token the
    /// next time; empty where AWS accepts no tokens.
    pub fn revision<'a>(&self, actual: &'a Actual) -> &'a str {
        let revision = match self {
            Self::CreateCluster { .. } => actual.cluster_role.as_ref().map(|role| &role.id),
            Self::UpgradeCluster { .. } | Self::CreateNodes { .. } | Self::CreateAddOn(_) => {
                actual.cluster.as_ref().map(|cluster| &cluster.created_at)
            }
            Self::ResizeNodes { group, .. } | Self::UpgradeNodes { group, .. } => {
                actual.nodes(group).map(|nodes| &nodes.modified_at)
            }
            Self::GiveRole { add_on, .. } => actual.add_on(add_on).map(|add_on| &add_on.modified_at),
            Self::CreateRole { .. }
            | Self::Trust { .. }
            | Self::AttachPolicy { .. }
            | Self::CreateIdentityProvider { .. }
            | Self::Remove(_) => None,
        };
        revision.map_or("", String::as_str)
    }
}

impl Removal {
    fn describe(&self, cluster: &str) -> String {
        match self {
            Self::Nodes(group) => format!("delete EKS node group {group} of cluster {cluster}"),
            Self::Cluster => format!("delete EKS cluster {cluster}"),
            Self::IdentityProvider(arn) => format!("delete IAM identity provider {arn}"),
            Self::Policy(role, policy) => {
                format!("take the policy {policy} from IAM role {}", role.name(cluster))
            }
            Self::Role(role) => format!("delete IAM role {}", role.name(cluster)),
        }
    }
}

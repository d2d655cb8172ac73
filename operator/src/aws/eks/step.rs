//! The calls that change something about a cluster.

use crate::aws::eks::{
    actual::Actual,
    desired::{NodeGroup, Size, Version},
    role::Role,
};

/// One call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    CreateRole(Role),
    AttachPolicy {
        role: Role,
        policy: &'static str,
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
    CreateAddOn(String),
    Remove(Removal),
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
            Self::CreateRole(role) => format!("create IAM role {}", role.name(cluster)),
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
            Self::CreateAddOn(name) => format!("create EKS add-on {name} of cluster {cluster}"),
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
            Self::CreateRole(_)
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

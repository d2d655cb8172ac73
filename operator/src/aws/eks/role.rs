//! The IAM roles that a cluster needs.

use serde_json::{Value, json};

use crate::spec::fitting::fitting;

/// The maximum length of an IAM role name.
const NAME: usize = 64;

/// The two roles: that of the control plane, and that of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Cluster,
    Nodes,
}

impl Role {
    /// Both roles, in the order in which they are needed.
    pub const ALL: [Self; 2] = [Self::Cluster, Self::Nodes];

    /// Its name in the account. All clusters of an account share one namespace for roles.
    pub fn name(self, cluster: &str) -> String {
        let suffix = match self {
            Self::Cluster => "-eks-cluster",
            Self::Nodes => "-eks-nodes",
        };
        format!("{}{suffix}", fitting(cluster, NAME - suffix.len()))
    }

    /// Its permissions, as AWS managed policies:
    /// <https://docs.aws.amazon.com/eks/latest/userguide/security-iam-awsmanpol.html>.
    pub fn policies(self) -> &'static [&'static str] {
        match self {
            Self::Cluster => &["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"],
            Self::Nodes => &[
                "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
                "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
                "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
            ],
        }
    }

    /// The trust policy: who may assume the role.
    pub fn trust(self) -> Value {
        let service = match self {
            Self::Cluster => "eks.amazonaws.com",
            Self::Nodes => "ec2.amazonaws.com",
        };
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": "sts:AssumeRole",
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cluster_names_give_valid_and_distinct_role_names() {
        let long = "a".repeat(90);
        let names = [
            Role::Cluster.name(&format!("{long}-1")),
            Role::Cluster.name(&format!("{long}-2")),
            Role::Nodes.name(&format!("{long}-1")),
        ];
        assert!(names.iter().all(|name| name.len() <= NAME), "{names:?}");
        assert!(names[0] != names[1] && names[0] != names[2], "{names:?}");
        assert_eq!(Role::Nodes.name("food-shop"), "food-shop-eks-nodes");
    }
}

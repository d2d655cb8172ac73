//! The IAM roles that a cluster needs.

use serde_json::Value;

use crate::{
    aws::{eks::trust, partition::Partition},
    spec::fitting::fitting,
};

/// The maximum length of an IAM role name.
const NAME: usize = 64;

/// The namespace and the name of the account by which the driver makes volumes.
const DRIVER_ACCOUNT: (&str, &str) = ("kube-system", "ebs-csi-controller-sa");

/// The roles: that of the control plane, that of the nodes, and that of the driver that makes volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Cluster,
    Nodes,
    Volumes,
}

impl Role {
    /// All roles, in the order in which they are needed.
    pub const ALL: [Self; 3] = [Self::Cluster, Self::Nodes, Self::Volumes];

    /// Its name in the account. All clusters of an account share one namespace for roles.
    pub fn name(self, cluster: &str) -> String {
        let suffix = match self {
            Self::Cluster => "-eks-cluster",
            Self::Nodes => "-eks-nodes",
            Self::Volumes => "-eks-volumes",
        };
        format!("{}{suffix}", fitting(cluster, NAME - suffix.len()))
    }

    /// Its permissions, as the ARNs of policies that AWS manages:
    /// <https://docs.aws.amazon.com/eks/latest/userguide/security-iam-awsmanpol.html>.
    pub fn policies(self, partition: Partition) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Cluster => &["AmazonEKSClusterPolicy"],
            Self::Nodes => &[
                "AmazonEKSWorkerNodePolicy",
                "AmazonEC2ContainerRegistryReadOnly",
                "AmazonEKS_CNI_Policy",
            ],
            Self::Volumes => &["service-role/AmazonEBSCSIDriverPolicy"],
        };
        names.iter().map(|name| partition.managed_policy(name)).collect()
    }

    /// The trust policy: who may assume the role. `None` as long as the cluster has no identity provider, by which the
    /// driver's account is known.
    pub fn trust(self, partition: Partition, identity_provider: Option<&str>) -> Option<Value> {
        match self {
            Self::Cluster => Some(trust::of_service("eks.amazonaws.com")),
            Self::Nodes => Some(trust::of_service(partition.ec2())),
            Self::Volumes => {
                let (namespace, account) = DRIVER_ACCOUNT;
                identity_provider.map(|arn| trust::of_service_account(arn, namespace, account))
            }
        }
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
    #[test]
    fn roles_in_china_have_the_policies_and_the_trust_of_china() {
        let china = Partition::of("cn-northwest-1");
        for role in Role::ALL {
            let policies = role.policies(china);
            assert!(
                policies
                    .iter()
                    .all(|arn| arn.starts_with("arn:aws-cn:iam::aws:policy/")),
                "{policies:?}"
            );
        }
        let principal = |role: Role| role.trust(china, None).unwrap()["Statement"][0]["Principal"].clone();
        assert_eq!(principal(Role::Cluster)["Service"], "eks.amazonaws.com");
        assert_eq!(principal(Role::Nodes)["Service"], "ec2.amazonaws.com.cn");
        assert_eq!(Role::Volumes.trust(china, None), None);
    }
}

//! What a platform has at a cloud provider, outside every cluster.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CodeBuild, DeletionPolicy, ProjectStatus};

/// What the platform has at a cloud provider, outside every cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cloud {
    /// Amazon Web Services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<Aws>,
}

/// What the platform has at AWS. The operator asks with the credentials that it finds in its environment: a role of its
/// service account, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("self.region == oldSelf.region")
        .message("cloud.aws.region cannot be changed: what was made there would be left behind; remove cloud.aws first, then name the other region"),
    validation = Rule::new("!has(self.codeBuild) || has(self.codeBuild.cluster) || has(self.eks)")
        .message("cloud.aws.codeBuild.cluster has to name the cluster in Amazon EKS that the platform is in, unless cloud.aws.eks makes it")
)]
pub struct Aws {
    /// The region, such as `eu-central-1`.
    #[schemars(length(max = 30), regex(pattern = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$"))]
    pub region: String,

    /// Repositories for the images of the services, one a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecr: Option<Ecr>,

    /// A cluster with its nodes, for which AWS takes money as long as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eks: Option<Eks>,

    /// Projects that build the images of the services whenever somebody pushes to their Git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_build: Option<CodeBuild>,

    /// What happens to all this when the platform is deleted: Retain (default) keeps it, Delete removes what the operator
    /// has made, images and the cluster included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// Repositories for images in Amazon ECR, one a service that is switched on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ecr {
    /// What the names of the repositories start with (default: the platform's name): `shop` makes `shop/order`.
    // The rule for names: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 2, max = 200),
        regex(pattern = r"^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$")
    )]
    pub prefix: Option<String>,

    /// Whether images are looked through for known weaknesses when they are pushed (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_on_push: Option<bool>,

    /// Whether a tag stays at the image with which it was pushed (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable_tags: Option<bool>,

    /// Has no effect any more, and can be left out: images with a tag stay, since one of them may run somewhere. Images
    /// without a tag go after a week, unless `immutableTags` is false: then they may run as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub keep_images: Option<i32>,
}

/// A cluster in Amazon EKS with its nodes, the roles that they need, and an identity provider, by which accounts of the
/// cluster take on roles. The operator makes no network: subnets have to be there.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)")
        .message("cloud.aws.eks.name cannot be changed: the cluster would be left behind; remove cloud.aws.eks first, then name the other cluster")
)]
pub struct Eks {
    /// The cluster's name (default: the platform's namespace and name, as in `food-shop`).
    // The rule for names: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    pub name: Option<String>,

    /// The minor version of Kubernetes, such as `"1.34"`, in quotation marks. A later one upgrades the cluster, one minor
    /// version after the other, and its nodes after each; EKS never goes back.
    #[schemars(length(max = 10), regex(pattern = r"^1\.[1-9][0-9]$"))]
    pub version: String,

    /// The subnets of the cluster and its nodes, at least two, in different zones. Once the cluster is there, they stay.
    #[schemars(
        length(min = 2, max = 16),
        inner(length(max = 32), regex(pattern = r"^subnet-[0-9a-f]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub subnets: Vec<String>,

    /// The nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_group: Option<NodeGroup>,

    /// The add-ons, by their names at EKS, in the version that AWS recommends when they come (default: vpc-cni, coredns,
    /// kube-proxy). aws-ebs-csi-driver, which makes volumes, comes with a role of its own and a default `StorageClass`. One
    /// that is taken off the list stays in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 20),
        inner(length(max = 100), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]*$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub add_ons: Option<Vec<String>>,
}

/// A group of nodes of one kind, which AWS looks after.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.min) ? self.min : 1) <= (has(self.max) ? self.max : 3)")
        .message("nodeGroup.min (default 1) must not be greater than nodeGroup.max (default 3)"),
    validation = Rule::new("!has(self.desired) || (has(self.min) ? self.min : 1) <= self.desired")
        .message("nodeGroup.min (default 1) must not be greater than nodeGroup.desired"),
    validation = Rule::new("!has(self.desired) || self.desired <= (has(self.max) ? self.max : 3)")
        .message("nodeGroup.desired must not be greater than nodeGroup.max (default 3)")
)]
pub struct NodeGroup {
    /// The group's name (default: standard-workers). Under another name a new group takes over, and the old one is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    pub name: Option<String>,

    /// What the nodes are (default: t3.medium), the preferred kind first: all x86 or all ARM, as images are built for one
    /// of them. To change it, change the group's name as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 20),
        inner(length(max = 30), regex(pattern = r"^[a-z0-9-]+\.[a-z0-9-]+$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub instance_types: Vec<String>,

    /// How many nodes there are; what somebody else makes of it is changed back. If it is left out, a new group has 3, or
    /// as near to that as min and max allow, and afterwards has as many as a cluster autoscaler or somebody else gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 450))]
    pub desired: Option<i32>,

    /// The fewest nodes to which somebody may shrink the group (default: 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 450))]
    pub min: Option<i32>,

    /// The most nodes to which somebody may grow the group (default: 3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 450))]
    pub max: Option<i32>,
}

/// What the platform has at a cloud provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudStatus {
    /// The cluster, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterStatus>,

    /// The repositories for images, by service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["service"]))]
    pub repositories: Vec<RepositoryStatus>,

    /// The projects in CodeBuild, by service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["service"]))]
    pub projects: Vec<ProjectStatus>,
}

/// The repository of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryStatus {
    /// The service's name, such as `order`.
    pub service: String,

    /// Where its images are pushed to and pulled from.
    pub uri: String,
}

/// A cluster at a cloud provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    /// Its name.
    pub name: String,

    /// The minor version of Kubernetes that its control plane has.
    pub version: String,

    /// Where its API server is, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,

    /// What the provider is doing with it, in the provider's word, such as `ACTIVE` or `UPDATING`.
    pub state: String,
}

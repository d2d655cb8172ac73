//! What a platform has at a cloud provider, outside every cluster.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::DeletionPolicy;

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
        .message("cloud.aws.region cannot be changed: what was made there would be left behind; remove cloud.aws first, then name the other region")
)]
pub struct Aws {
    /// The region, such as `eu-central-1`.
    #[schemars(length(max = 30), regex(pattern = r"^[a-z]{2}(-[a-z]+)+-[0-9]+$"))]
    pub region: String,

    /// Repositories for the images of the services, one a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecr: Option<Ecr>,

    /// What happens to all this when the platform is deleted: Retain (default) keeps it, Delete removes what the operator
    /// has made, images included.
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

    /// How many images are kept; the oldest go first (default: 30). Images without a tag go after a week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub keep_images: Option<i32>,
}

/// What the platform has at a cloud provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudStatus {
    /// The repositories for images, by service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["service"]))]
    pub repositories: Vec<RepositoryStatus>,
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

//! Projects in AWS CodeBuild, which build the images of the services and put them into the platform.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EnvVar, rules};

/// Projects in AWS CodeBuild, one a service that is switched on: each builds the service's image from a Git repository,
/// pushes it to Amazon ECR and puts it into the platform, as `docs/pipelines.md` describes. The project of a service that
/// is switched off later stays until the platform is deleted with `cloud.aws.deletionPolicy: Delete`.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("has(self.provider) || self.repository.matches('^https://(github[.]com|bitbucket[.]org|gitlab[.]com)/')")
        .message("cloud.aws.codeBuild.provider has to say what serves the repository, which is not at github.com, bitbucket.org or gitlab.com"),
    validation = Rule::new("has(self.prefix) == has(oldSelf.prefix) && (!has(self.prefix) || self.prefix == oldSelf.prefix)")
        .message("cloud.aws.codeBuild.prefix cannot be changed: the projects would be left behind, and go on building; remove cloud.aws.codeBuild first, then name the other prefix"),
    validation = Rule::new(OWN_VARIABLES)
        .message("cloud.aws.codeBuild.env must not set CLUSTER, PLATFORM, NAMESPACE, PLATFORM_… or CODEBUILD_…, which follow from the rest")
)]
pub struct CodeBuild {
    /// The Git repository with the sources and `manifests/pipelines`, as an address to clone from, such as
    /// `https://github.com/example/food-delivery.git`.
    #[schemars(
        length(max = 500),
        regex(pattern = r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?/[A-Za-z0-9._~/-]+$")
    )]
    pub repository: String,

    /// What serves the repository. It may be left out where the address tells: github.com, bitbucket.org and gitlab.com.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<GitProvider>,

    /// The branch that is built (default: main).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200), regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9._/-]*$"))]
    pub branch: Option<String>,

    /// The ARN of the role in IAM that builds take on. The operator makes none: `docs/pipelines.md` says how to, and what
    /// it has to be allowed.
    #[schemars(
        length(max = 600),
        regex(pattern = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$")
    )]
    pub service_role: String,

    /// What the names of the projects start with (default: the platform's namespace and name): `food-shop` makes
    /// `food-shop-order`.
    // The rule for names: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 139), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    pub prefix: Option<String>,

    /// The cluster in Amazon EKS that this resource is in, where builds put images into it (default: that of
    /// `cloud.aws.eks`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    pub cluster: Option<String>,

    /// The size of the machines that build, in CodeBuild's word (default: `BUILD_GENERAL1_LARGE`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50), regex(pattern = r"^BUILD_[A-Z0-9_]+$"))]
    pub compute_type: Option<String>,

    /// The image that builds run in, for x86-64 (default: aws/codebuild/amazonlinux-x86_64-standard:5.0). One that is not
    /// AWS' own is pulled with the service role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,

    /// Where builds keep what the next one can use. Unset, on the machine: the Git history, the layers of images and the
    /// folders that the buildspec names, found again by a build that comes soon enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<BuildCache>,

    /// Whether a push to the branch starts the builds (default: true). CodeBuild needs a token for the Git server then,
    /// which somebody imports once a region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<bool>,

    /// The Git repository that says what runs: builds commit the image there, and Argo CD brings it into the cluster. Unset,
    /// builds patch the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_to: Option<CommitTo>,

    /// More environment variables of builds, such as `READY_SECONDS`; `docs/pipelines.md` has all of them. They can be read
    /// in CodeBuild: no passwords.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub env: Vec<EnvVar>,
}

const OWN_VARIABLES: &str = "!has(self.env) || self.env.all(variable, !variable.name.matches('^(CLUSTER|PLATFORM|NAMESPACE|PLATFORM_.*|CODEBUILD_.*)$'))";

/// What serves a Git repository, of those from which CodeBuild builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum GitProvider {
    GitHub,
    GitHubEnterprise,
    Bitbucket,
    GitLab,
    GitLabSelfManaged,
}

/// Where builds keep in Amazon S3 what the next one can use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildCache {
    /// A bucket, with a prefix if you like, such as `builds/food-delivery`. The service role has to be allowed to read and
    /// write there.
    #[schemars(
        length(max = 500),
        regex(pattern = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]*)?$")
    )]
    pub location: String,
}

/// A folder of a Git repository into which builds commit images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitTo {
    /// The repository, as an address to clone from.
    #[schemars(
        length(max = 500),
        regex(pattern = r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?/[A-Za-z0-9._~/-]+$")
    )]
    pub repository: String,

    /// The folder of the environment, such as `environments/staging`.
    #[schemars(length(max = 200), regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9._/-]*$"))]
    pub path: String,

    /// The branch (default: main).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200), regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9._/-]*$"))]
    pub branch: Option<String>,

    /// The name that goes with the password (default: git).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), regex(pattern = r"^[A-Za-z0-9._@-]+$"))]
    pub user: Option<String>,

    /// The secret in AWS Secrets Manager that holds the password, with its key if it has several: `environments:token`.
    /// The service role has to be allowed to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 600), regex(pattern = r"^[A-Za-z0-9/_+=.@:-]+$"))]
    pub token_secret: Option<String>,
}

/// The project of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectStatus {
    /// The service's name, such as `order`.
    pub service: String,

    /// The project's name, as in `aws codebuild start-build --project-name`.
    pub name: String,
}

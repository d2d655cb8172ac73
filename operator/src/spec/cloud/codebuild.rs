//! The projects that build the services' images, with every default filled in.

use std::collections::BTreeMap;

use fdp_crds::{CodeBuild as CodeBuildSpec, CommitTo, GitProvider};

use crate::spec::{
    cloud::{ecr::Ecr, eks::Eks},
    fitting::fitting,
};

/// A CodeBuild project name has at most 150 characters, and the longest service name uses ten of them.
const PREFIX: usize = 139;
const BRANCH: &str = "main";
const COMPUTE_TYPE: &str = "BUILD_GENERAL1_LARGE";
const IMAGE: &str = "aws/codebuild/amazonlinux-x86_64-standard:5.0";
/// The variable that names an image archive: the build then needs no Docker.
const IMAGE_ARCHIVE: &str = "IMAGE_ARCHIVE";

/// Projects that build the services' images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBuild {
    pub prefix: String,
    pub repository: String,
    pub provider: GitProvider,
    pub branch: String,
    pub service_role: String,
    pub compute_type: String,
    pub image: String,
    /// The location in S3 where builds store their cache; `None` if they store it on their machines.
    pub cache: Option<String>,
    /// Whether a push starts builds.
    pub webhook: bool,
    /// The environment variables of builds.
    pub variables: BTreeMap<String, Variable>,
}

/// The value of an environment variable of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    Plain(String),
    /// The name of the secret in Secrets Manager that holds it.
    Secret(String),
}

impl CodeBuild {
    /// Fills in the missing settings, from the platform and its other AWS settings.
    pub(super) fn new(
        spec: CodeBuildSpec,
        namespace: &str,
        platform: &str,
        ecr: Option<&Ecr>,
        eks: Option<&Eks>,
    ) -> Self {
        Self {
            prefix: spec
                .prefix
                .unwrap_or_else(|| fitting(&format!("{namespace}-{platform}"), PREFIX)),
            provider: spec.provider.unwrap_or_else(|| provider_of(&spec.repository)),
            repository: spec.repository,
            branch: spec.branch.unwrap_or_else(|| BRANCH.to_owned()),
            service_role: spec.service_role,
            compute_type: spec.compute_type.unwrap_or_else(|| COMPUTE_TYPE.to_owned()),
            image: spec.image.unwrap_or_else(|| IMAGE.to_owned()),
            cache: spec.cache.map(|cache| cache.location),
            webhook: spec.webhook.unwrap_or(true),
            variables: {
                let cluster = spec.cluster.or_else(|| eks.map(|eks| eks.name.clone()));
                let fixed = [("PLATFORM", platform), ("NAMESPACE", namespace)];
                let plain = fixed
                    .into_iter()
                    .chain(cluster.as_deref().map(|cluster| ("CLUSTER", cluster)))
                    .chain(ecr.map(|ecr| ("REPOSITORY_PREFIX", ecr.prefix.as_str())))
                    .map(|(name, value)| (name.to_owned(), Variable::Plain(value.to_owned())));
                let told = spec
                    .env
                    .into_iter()
                    .map(|variable| (variable.name, Variable::Plain(variable.value)));
                plain
                    .chain(spec.commit_to.into_iter().flat_map(of_commits))
                    .chain(told)
                    .collect()
            },
        }
    }

    /// The name of a service's project.
    pub fn project(&self, service: &str) -> String {
        format!("{}-{service}", self.prefix)
    }

    /// Whether builds run Docker, as all builds do that build their image themselves.
    pub fn needs_docker(&self) -> bool {
        !self.variables.contains_key(IMAGE_ARCHIVE)
    }
}

/// The provider that the repository's address implies; for other addresses, the schema requires the field.
fn provider_of(repository: &str) -> GitProvider {
    let at = |host: &str| repository.starts_with(&format!("https://{host}/"));
    if at("bitbucket.org") {
        GitProvider::Bitbucket
    } else if at("gitlab.com") {
        GitProvider::GitLab
    } else {
        GitProvider::GitHub
    }
}

/// The variables that make a build commit, and where to.
fn of_commits(to: CommitTo) -> impl Iterator<Item = (String, Variable)> {
    [
        ("PLATFORM_REPOSITORY", Some(Variable::Plain(to.repository))),
        ("PLATFORM_PATH", Some(Variable::Plain(to.path))),
        ("PLATFORM_BRANCH", to.branch.map(Variable::Plain)),
        ("PLATFORM_REPOSITORY_USER", to.user.map(Variable::Plain)),
        ("PLATFORM_REPOSITORY_TOKEN", to.token_secret.map(Variable::Secret)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
}

//! The projects that build the services' images, with every default filled in.

use std::collections::BTreeMap;

use fdp_crds::{CodeBuild as CodeBuildSpec, CommitTo, GitProvider};

use crate::spec::{
    cloud::{Ecr, Eks},
    fitting::fitting,
};

/// The longest name that CodeBuild gives a project is 150 letters, of which the longest name of a service takes ten.
const PREFIX: usize = 139;
const BRANCH: &str = "main";
const COMPUTE_TYPE: &str = "BUILD_GENERAL1_LARGE";
const IMAGE: &str = "aws/codebuild/amazonlinux-x86_64-standard:5.0";
/// The variable by which a build is told that it need not build the image, and so needs no Docker.
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
    /// Where in S3 builds keep what the next one can use; `None` if on their machines.
    pub cache: Option<String>,
    /// Whether a push starts builds.
    pub webhook: bool,
    /// What builds find in their environment.
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
    /// Fills in what a specification leaves out, from the platform and what else it has at AWS.
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

    /// Whether builds run Docker, as all do that build their image themselves.
    pub fn needs_docker(&self) -> bool {
        !self.variables.contains_key(IMAGE_ARCHIVE)
    }
}

/// What the address tells about who serves the repository; the schema asks for a word where it tells nothing.
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

/// The variables by which a build is told to commit, and where.
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::spec::aws;

    const ROLE: &str = "arn:aws:iam::123456789012:role/food-delivery-build";

    /// The projects of platform `shop` in namespace `food`, of which these settings are told.
    fn projects(cloud: &Value, settings: &Value) -> CodeBuild {
        let mut told = json!({
            "repository": "https://github.com/example/food-delivery.git",
            "serviceRole": ROLE,
        });
        for (name, value) in settings.as_object().into_iter().flatten() {
            told[name] = value.clone();
        }
        let mut all = cloud.clone();
        all["region"] = json!("eu-central-1");
        all["codeBuild"] = told;
        let platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1",
            "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" },
            "spec": { "cloud": { "aws": all } },
        });
        aws(&serde_json::from_value(platform).unwrap())
            .unwrap()
            .code_build
            .unwrap()
    }

    fn plain<const N: usize>(variables: [(&str, &str); N]) -> BTreeMap<String, Variable> {
        variables
            .map(|(name, value)| (name.to_owned(), Variable::Plain(value.to_owned())))
            .into()
    }

    #[test]
    fn repository_role_and_cluster_are_enough() {
        assert_eq!(
            projects(&json!({}), &json!({ "cluster": "production" })),
            CodeBuild {
                prefix: "food-shop".to_owned(),
                repository: "https://github.com/example/food-delivery.git".to_owned(),
                provider: GitProvider::GitHub,
                branch: "main".to_owned(),
                service_role: ROLE.to_owned(),
                compute_type: "BUILD_GENERAL1_LARGE".to_owned(),
                image: "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
                cache: None,
                webhook: true,
                variables: plain([
                    ("CLUSTER", "production"),
                    ("NAMESPACE", "food"),
                    ("PLATFORM", "shop")
                ]),
            }
        );
    }

    #[test]
    fn builds_are_told_what_else_the_platform_has_at_aws() {
        let cloud = json!({
            "ecr": { "prefix": "images" },
            "eks": { "version": "1.34", "subnets": ["subnet-1", "subnet-2"] },
        });
        assert_eq!(
            projects(&cloud, &json!({})).variables,
            plain([
                ("CLUSTER", "food-shop"),
                ("NAMESPACE", "food"),
                ("PLATFORM", "shop"),
                ("REPOSITORY_PREFIX", "images"),
            ])
        );
        let elsewhere = projects(&cloud, &json!({ "cluster": "production" }));
        assert_eq!(
            elsewhere.variables["CLUSTER"],
            Variable::Plain("production".to_owned())
        );
    }

    #[test]
    fn builds_that_commit_are_told_where_and_by_which_secret() {
        let commit = json!({ "cluster": "production", "commitTo": {
            "repository": "https://git.example.com/environments.git",
            "path": "environments/staging",
            "tokenSecret": "environments:token",
        } });
        let variables = projects(&json!({}), &commit).variables;
        assert_eq!(
            variables["PLATFORM_PATH"],
            Variable::Plain("environments/staging".to_owned())
        );
        assert_eq!(
            variables["PLATFORM_REPOSITORY_TOKEN"],
            Variable::Secret("environments:token".to_owned())
        );
        assert!(!variables.contains_key("PLATFORM_BRANCH"), "the script knows it");
    }

    #[test]
    fn the_address_tells_who_serves_the_repository_unless_somebody_says_otherwise() {
        let provider = |settings: Value| projects(&json!({}), &settings).provider;
        for (repository, expected) in [
            ("https://github.com/example/food.git", GitProvider::GitHub),
            ("https://bitbucket.org/example/food.git", GitProvider::Bitbucket),
            ("https://gitlab.com/example/food.git", GitProvider::GitLab),
        ] {
            assert_eq!(provider(json!({ "repository": repository })), expected);
        }
        let own =
            json!({ "repository": "https://git.example.com/food.git", "provider": "GitLabSelfManaged" });
        assert_eq!(provider(own), GitProvider::GitLabSelfManaged);
    }

    #[test]
    fn a_build_of_a_finished_image_needs_no_docker() {
        assert!(projects(&json!({}), &json!({})).needs_docker());
        let finished = json!({ "env": [{ "name": "IMAGE_ARCHIVE", "value": "image.tar" }] });
        assert!(!projects(&json!({}), &finished).needs_docker());
    }
}

//! The projects that a platform needs.

use std::collections::BTreeSet;

use fdp_crds::GitProvider;

use crate::{
    aws::codebuild::{
        actual::ActualProject,
        project::{Cache, Environment, Limits, Project, Source},
        webhook::{Filters, pushes_to},
    },
    spec::CodeBuild,
};

/// A build compiles a program twice, for its tests and for its image.
const MINUTES: i32 = 90;
/// If two builds ran at the same time, the second would record the first one's image as the image to roll back to.
const BUILDS_AT_ONCE: i32 = 1;
/// The prefix of the names of build images that AWS provides.
const IMAGES_OF_AWS: &str = "aws/codebuild/";

/// The desired projects, which differ only in what they build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// The services, each with its project.
    pub projects: Vec<(String, Project)>,
    /// The branch to which a push starts builds; `None` if builds are only started by hand.
    pub pushes: Option<String>,
}

impl Desired {
    /// The projects of these services.
    pub fn new<'a>(settings: &CodeBuild, services: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            projects: services
                .into_iter()
                .map(|service| (service.to_owned(), project(settings, service)))
                .collect(),
            pushes: settings.webhook.then(|| settings.branch.clone()),
        }
    }

    /// The events that start builds of a service; `None` if builds are only started by hand.
    pub fn filters(&self, service: &str) -> Option<Filters> {
        self.pushes.as_deref().map(|branch| pushes_to(branch, service))
    }

    /// The names of all projects.
    pub fn names(&self) -> Vec<String> {
        self.projects
            .iter()
            .map(|(_, project)| project.name.clone())
            .collect()
    }

    /// The services whose projects exist, with the projects' names.
    pub fn existing(&self, actual: &[ActualProject]) -> Vec<(String, String)> {
        let is_there = |name: &str| {
            actual
                .iter()
                .any(|there| there.ours && there.project.name == name)
        };
        self.projects
            .iter()
            .filter(|(_, project)| is_there(&project.name))
            .map(|(service, project)| (service.clone(), project.name.clone()))
            .collect()
    }
}

fn project(settings: &CodeBuild, service: &str) -> Project {
    Project {
        name: settings.project(service),
        source: Source {
            kind: kind_of(settings.provider).to_owned(),
            location: settings.repository.clone(),
            branch: settings.branch.clone(),
            buildspec: format!("manifests/pipelines/{service}/buildspec.yml"),
        },
        role: settings.service_role.clone(),
        environment: Environment {
            kind: "LINUX_CONTAINER".to_owned(),
            compute_type: settings.compute_type.clone(),
            image: settings.image.clone(),
            // CodeBuild pulls its own images only with its own credentials, and all others only with the role:
            // https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html
            pulled_as: if settings.image.starts_with(IMAGES_OF_AWS) {
                "CODEBUILD".to_owned()
            } else {
                "SERVICE_ROLE".to_owned()
            },
            privileged: settings.needs_docker(),
            variables: settings.variables.clone(),
        },
        cache: cache(settings),
        limits: Limits {
            minutes: MINUTES,
            builds_at_once: BUILDS_AT_ONCE,
        },
    }
}

fn cache(settings: &CodeBuild) -> Cache {
    if let Some(location) = &settings.cache {
        return Cache {
            kind: "S3".to_owned(),
            location: Some(location.clone()),
            modes: BTreeSet::new(),
        };
    }
    let mut modes = BTreeSet::from(["LOCAL_SOURCE_CACHE".to_owned(), "LOCAL_CUSTOM_CACHE".to_owned()]);
    if settings.needs_docker() {
        modes.insert("LOCAL_DOCKER_LAYER_CACHE".to_owned());
    }
    Cache {
        kind: "LOCAL".to_owned(),
        location: None,
        modes,
    }
}

fn kind_of(provider: GitProvider) -> &'static str {
    match provider {
        GitProvider::GitHub => "GITHUB",
        GitProvider::GitHubEnterprise => "GITHUB_ENTERPRISE",
        GitProvider::Bitbucket => "BITBUCKET",
        GitProvider::GitLab => "GITLAB",
        GitProvider::GitLabSelfManaged => "GITLAB_SELF_MANAGED",
    }
}

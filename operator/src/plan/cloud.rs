//! How what a platform has at a cloud provider is doing.

use fdp_crds::{CloudStatus, ClusterStatus, ProjectStatus};
use serde_json::json;

use super::{health::Health, object::hash, observed::Observed, validated::Validated};

/// What was last seen at the cloud provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudState {
    pub health: Vec<Health>,
    /// The repositories for images that are there: the service and where its images are.
    pub repositories: Vec<(String, String)>,
    /// The projects that build images and are there: the service and the project's name.
    pub projects: Vec<(String, String)>,
    /// The cluster that is there.
    pub cluster: Option<ClusterStatus>,
    /// How to reach that cluster's API server, while there is one.
    pub access: Option<ClusterAccess>,
}

/// How to reach the API server of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterAccess {
    /// The cluster's name.
    pub name: String,
    pub endpoint: String,
    /// Whom its certificate comes from: PEM, in Base64.
    pub certificate_authority: String,
}

/// How it is doing; `None` if the platform has nothing there.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Vec<Health>> {
    platform.aws.as_ref()?;
    Some(match &observed.cloud {
        Some(state) => state.health.clone(),
        None => vec![Health::Waiting("AWS was not asked yet".to_owned())],
    })
}

/// What the status tells of it.
pub fn status(platform: &Validated, observed: &Observed) -> Option<CloudStatus> {
    platform.aws.as_ref()?;
    observed.cloud.as_ref().map(of)
}

/// What the status tells of what was last seen.
pub fn of(state: &CloudState) -> CloudStatus {
    let repositories = state
        .repositories
        .iter()
        .map(|(service, uri)| fdp_crds::RepositoryStatus {
            service: service.clone(),
            uri: uri.clone(),
        });
    let projects = state.projects.iter().map(|(service, name)| ProjectStatus {
        service: service.clone(),
        name: name.clone(),
    });
    CloudStatus {
        cluster: state.cluster.clone(),
        repositories: repositories.collect(),
        projects: projects.collect(),
    }
}

/// A name that is not longer than a provider allows: of two long ones that begin alike, a hash tells them apart.
pub fn fitting(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    let hash = hash(&json!(name));
    let kept: String = name.chars().take(longest - hash.len() - 1).collect();
    format!("{kept}-{hash}")
}

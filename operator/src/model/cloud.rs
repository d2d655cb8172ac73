//! The last observed state at the cloud provider.

use fdp_crds::{CloudStatus, ClusterStatus, ProjectStatus};

use crate::model::health::Health;

/// The last observed state at the cloud provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudState {
    pub health: Vec<Health>,
    /// The image repositories that exist: each service, and the address of its images.
    pub repositories: Vec<(String, String)>,
    /// The build projects that exist: each service, and the name of its project.
    pub projects: Vec<(String, String)>,
    /// The cluster, if it exists.
    pub cluster: Option<ClusterStatus>,
    /// How to connect to that cluster's API server, while it exists.
    pub access: Option<ClusterAccess>,
}

/// How to connect to the API server of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterAccess {
    /// The cluster's name.
    pub name: String,
    pub endpoint: String,
    /// The CA certificate of its API server: PEM, in Base64.
    pub certificate_authority: String,
}

/// The part of the status about that state.
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

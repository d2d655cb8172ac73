//! The last observed state at the cloud provider.

use fdp_crds::{CloudStatus, ClusterStatus, ProjectStatus};

use crate::model::health::Health;

/// The last observed state at the cloud provider.
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
    /// The certificate authority of its certificate: PEM, in Base64.
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

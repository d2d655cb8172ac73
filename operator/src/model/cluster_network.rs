//! What a cluster says of its own network: which pods answer its DNS, and at which ports its API server listens.

use std::collections::{BTreeMap, BTreeSet};

/// What network policies have to know of a cluster. They judge connections after the translation of Services, by the
/// pod and the port that really answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterNetwork {
    /// The pods behind the Service of the cluster's DNS; `None` if none was found.
    pub dns: Option<DnsPods>,
    /// The ports at which the API server listens; empty if they are not known.
    pub api_server_ports: BTreeSet<u16>,
}

/// The pods that answer a cluster's DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsPods {
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
}

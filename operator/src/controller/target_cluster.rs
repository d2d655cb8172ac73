//! The client and the caches for the objects in one cluster: the local cluster, which holds the platforms' resources,
//! or a remote one.

use std::sync::Arc;

use kube::Client;

use crate::controller::{caches::Copies, recent_writes::RecentWrites};

/// A cluster in which platforms have their objects.
#[derive(Clone)]
pub struct TargetCluster {
    pub client: Client,
    pub copies: Arc<Copies>,
    pub writes: Arc<RecentWrites>,
}

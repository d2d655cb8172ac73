//! The state that all reconciliations share.

use std::sync::Arc;

use kube::{Client, runtime::events::Reporter};

use crate::{
    controller::{
        aws::AwsCache, backoff::Backoff, caches::Caches, condition_changes::ConditionChanges,
        ending_namespaces::EndingNamespaces, events::EventReader, queue::Queue, recent_writes::RecentWrites,
        recorders::Recorders, remote_cluster::RemoteClusters, restores::Restores,
        target_cluster::TargetCluster, unstored_passwords::UnstoredPasswords,
    },
    kubernetes::names,
    settings::Settings,
};

/// The state that all reconciliations share.
pub struct Context {
    pub client: Client,
    pub settings: Settings,
    pub caches: Arc<Caches>,
    pub writes: Arc<RecentWrites>,
    pub restores: Restores,
    pub condition_changes: Arc<ConditionChanges>,
    pub queue: Queue,
    pub recorders: Recorders,
    pub backoff: Backoff,
    /// The platforms in whose namespaces nothing is created any more.
    pub ending_namespaces: EndingNamespaces,
    /// The events of objects that wait, as last read.
    pub events: EventReader,
    /// Generated passwords that could not be stored yet.
    pub passwords: UnstoredPasswords,
    /// The resources of platforms at AWS, as last observed.
    pub aws: AwsCache,
    /// The clusters at AWS in which platforms have their objects.
    pub remote_clusters: RemoteClusters,
}

impl Context {
    /// A context over these caches. All writes go through `client`, which decides whether this process may write.
    pub fn new(
        client: Client,
        settings: Settings,
        caches: Arc<Caches>,
        writes: Arc<RecentWrites>,
        remote_clusters: RemoteClusters,
    ) -> Self {
        let reporter = Reporter {
            controller: names::MANAGER.to_owned(),
            instance: std::env::var("POD_NAME").ok(),
        };
        Self {
            recorders: Recorders::new(client.clone(), reporter),
            client,
            settings,
            caches,
            writes,
            restores: Restores::default(),
            condition_changes: Arc::default(),
            queue: Queue::default(),
            backoff: Backoff::default(),
            ending_namespaces: EndingNamespaces::default(),
            events: EventReader::default(),
            passwords: UnstoredPasswords::default(),
            aws: AwsCache::default(),
            remote_clusters,
        }
    }

    /// The cluster that holds the platforms' resources, as a target of objects.
    pub fn local_cluster(&self) -> TargetCluster {
        TargetCluster {
            client: self.client.clone(),
            copies: Arc::clone(&self.caches.local),
            writes: Arc::clone(&self.writes),
        }
    }
}

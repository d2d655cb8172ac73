//! The copies of one cluster's objects, and the APIs that the cluster serves.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use k8s_openapi::api::core::v1::Pod;
use tokio::sync::watch;

use crate::{
    controller::caches::{
        index::Index,
        locks::{read, replace, write},
        places::Place,
        refusals::Refusals,
    },
    model::{
        apis::{Apis, MetricsApi},
        cluster_network::ClusterNetwork,
        referenced::Referenced,
    },
};

/// The kind that only the status reads; a platform does not own its pods directly.
pub const POD: &str = "Pod";

/// The copies of the platforms' objects in one cluster, and the APIs that the cluster serves.
pub struct Copies {
    /// Everything that the operator created, and the pods.
    pub objects: Index,
    /// What could not be watched, because the operator lacks a right.
    pub refusals: Arc<Refusals>,
    node_address: RwLock<Option<String>>,
    /// By the place that is watched: namespace and name of each Deployment that somebody else's autoscaler scales.
    scaled_by_others: RwLock<BTreeMap<Place, BTreeSet<(String, String)>>>,
    apis: RwLock<Apis>,
    metrics: RwLock<MetricsApi>,
    network: RwLock<ClusterNetwork>,
    /// The Secrets that platforms may use, by namespace and name.
    shared_secrets: RwLock<BTreeMap<(String, String), Referenced>>,
    /// How many watches have not listed everything yet.
    missing: AtomicUsize,
    complete: watch::Sender<bool>,
}

impl Copies {
    /// Empty copies, complete once `missing` watches have listed everything.
    pub fn new(missing: usize) -> Self {
        Self {
            objects: Index::default(),
            refusals: Arc::default(),
            node_address: RwLock::default(),
            scaled_by_others: RwLock::default(),
            apis: RwLock::default(),
            metrics: RwLock::default(),
            network: RwLock::default(),
            shared_secrets: RwLock::default(),
            missing: AtomicUsize::new(missing),
            complete: watch::Sender::new(missing == 0),
        }
    }

    /// Waits until every copy is complete.
    pub async fn synced(&self) {
        // The sender lives as long as the copies, so waiting cannot fail.
        let _ = self.complete.subscribe().wait_for(|complete| *complete).await;
    }

    /// Whether every copy is complete.
    pub fn are_synced(&self) -> bool {
        *self.complete.borrow()
    }

    /// Records that one more watch has listed everything.
    pub fn mark_one_complete(&self) {
        if self.missing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.complete.send_replace(true);
        }
    }

    /// An address of a node, preferably an external one.
    pub fn node_address(&self) -> Option<String> {
        read(&self.node_address).clone()
    }

    /// Records that address.
    pub fn set_node_address(&self, address: Option<String>) {
        *write(&self.node_address) = address;
    }

    /// The Deployments in a namespace that somebody else's autoscaler scales.
    pub fn scaled_by_others(&self, namespace: &str) -> BTreeSet<String> {
        read(&self.scaled_by_others)
            .values()
            .flatten()
            .filter(|(of, _)| of == namespace)
            .map(|(_, deployment)| deployment.clone())
            .collect()
    }

    /// Records all those of a place; returns whether that changed something.
    pub fn set_scaled_by_others(&self, place: &Place, deployments: BTreeSet<(String, String)>) -> bool {
        let mut known = write(&self.scaled_by_others);
        let changed = known.get(place) != Some(&deployments);
        known.insert(place.clone(), deployments);
        changed
    }

    /// The custom resource kinds that the cluster serves.
    pub fn apis(&self) -> Apis {
        read(&self.apis).clone()
    }

    /// Updates what the cluster serves; returns whether that changed something.
    pub fn set_apis(&self, change: impl FnOnce(&mut Apis) -> bool) -> bool {
        change(&mut write(&self.apis))
    }

    /// Whether the cluster has CPU metrics.
    pub fn metrics(&self) -> MetricsApi {
        read(&self.metrics).clone()
    }

    /// Records that; returns whether it changed.
    pub fn set_metrics(&self, metrics: MetricsApi) -> bool {
        replace(&self.metrics, metrics)
    }

    /// What network policies have to know of the cluster.
    pub fn network(&self) -> ClusterNetwork {
        read(&self.network).clone()
    }

    /// Records that.
    pub fn set_network(&self, network: ClusterNetwork) {
        *write(&self.network) = network;
    }

    /// What is known of a Secret that platforms may use.
    pub fn shared_secret(&self, namespace: &str, name: &str) -> Option<Referenced> {
        let key = (namespace.to_owned(), name.to_owned());
        read(&self.shared_secrets).get(&key).cloned()
    }

    /// Records what is known of one, or that there is none any more; returns whether that changed something.
    pub fn set_shared_secret(&self, key: (String, String), known: Option<&Referenced>) -> bool {
        let mut secrets = write(&self.shared_secrets);
        let before = match known {
            Some(known) => secrets.insert(key, known.clone()),
            None => secrets.remove(&key),
        };
        before.as_ref() != known
    }

    /// Forgets all of that place but these; returns the namespaces of those that were forgotten.
    pub fn keep_shared_secrets(
        &self,
        place: &Place,
        listed: &BTreeSet<(String, String)>,
    ) -> BTreeSet<String> {
        let is_kept = |key: &(String, String)| !place.has(&key.0) || listed.contains(key);
        let mut secrets = write(&self.shared_secrets);
        let gone = secrets.keys().filter(|key| !is_kept(key));
        let gone = gone.map(|(namespace, _)| namespace.clone()).collect();
        secrets.retain(|key, _| is_kept(key));
        gone
    }

    /// The pods of a platform.
    pub fn pods_of(&self, namespace: &str, platform: &str) -> Vec<Arc<Pod>> {
        self.objects.typed(namespace, platform, POD)
    }
}

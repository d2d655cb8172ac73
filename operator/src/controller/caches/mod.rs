//! Copies of what the operator watches, kept up to date by the API server, so that reading costs no call.

mod capabilities;
pub mod compact;
pub mod index;
mod locked;
mod platforms;
mod touched;
mod watches;

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicUsize, Ordering},
};

use fdp_crds::FoodDeliveryPlatform;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Resource,
    core::DeserializeGuard,
    runtime::reflector::{ObjectRef, Store},
};
use tokio::sync::watch;

pub use index::{Index, PlatformKey, platform_of};
pub use touched::Sender;
pub use watches::{start, start_elsewhere};

use crate::{
    kubernetes::names,
    model::apis::{Apis, MetricsApi},
};
use locked::{read, write};

/// A platform, or what is left of it when it cannot be read: one broken resource must not hide the others.
pub type Platform = DeserializeGuard<FoodDeliveryPlatform>;

/// The kind that is watched for its status only, and is no child.
pub const POD: &str = "Pod";

/// The copies of what the cluster with the platforms' resources holds.
pub struct Caches {
    pub platforms: Store<Platform>,
    /// The same for those who only show platforms; one that cannot be read has an empty specification here.
    pub shown_platforms: Store<FoodDeliveryPlatform>,
    pub home: Arc<Copies>,
}

impl Caches {
    /// Waits until every copy is complete; only then does absence mean anything.
    pub async fn synced(&self) {
        self.home.synced().await;
        let _ = self.platforms.wait_until_ready().await;
    }

    /// Whether every copy is complete.
    pub fn are_synced(&self) -> bool {
        self.home.are_synced()
    }
}

/// The copies of what one cluster holds of platforms, and what it has to offer.
pub struct Copies {
    /// Everything that the operator made, and the pods.
    pub objects: Index,
    node_address: RwLock<Option<String>>,
    apis: RwLock<Apis>,
    metrics: RwLock<MetricsApi>,
    /// How many watches have not shown everything yet.
    missing: AtomicUsize,
    complete: watch::Sender<bool>,
}

impl Copies {
    /// Empty copies, complete once `missing` watches have shown everything.
    pub fn new(missing: usize) -> Self {
        Self {
            objects: Index::default(),
            node_address: RwLock::default(),
            apis: RwLock::default(),
            metrics: RwLock::default(),
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

    /// Takes note that one more watch has shown everything.
    pub fn one_is_complete(&self) {
        if self.missing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.complete.send_replace(true);
        }
    }

    /// An address by which nodes are reached, preferring those that are reached from outside.
    pub fn node_address(&self) -> Option<String> {
        read(&self.node_address).clone()
    }

    /// Takes note of that address.
    pub fn set_node_address(&self, address: Option<String>) {
        *write(&self.node_address) = address;
    }

    /// The kinds of other programs that the cluster serves.
    pub fn apis(&self) -> Apis {
        read(&self.apis).clone()
    }

    /// Takes note of what the cluster serves; says whether that is new.
    pub fn set_apis(&self, change: impl FnOnce(&mut Apis) -> bool) -> bool {
        change(&mut write(&self.apis))
    }

    /// Whether the cluster measures the use of CPU.
    pub fn metrics(&self) -> MetricsApi {
        read(&self.metrics).clone()
    }

    /// Takes note of that; says whether it is new.
    pub fn set_metrics(&self, metrics: MetricsApi) -> bool {
        let mut known = write(&self.metrics);
        let new = *known != metrics;
        *known = metrics;
        new
    }

    /// The pods of a platform.
    pub fn pods_of(&self, namespace: &str, platform: &str) -> Vec<Arc<Pod>> {
        self.objects.typed(namespace, platform, POD)
    }
}

/// The key of a platform.
pub fn key(platform: &Platform) -> PlatformKey {
    key_of(&ObjectRef::from_obj(platform))
}

/// The key of the platform that a reference leads to.
pub fn key_of<K: Resource>(reference: &ObjectRef<K>) -> PlatformKey {
    (
        reference.namespace.clone().unwrap_or_default(),
        reference.name.clone(),
    )
}

/// A platform by its key.
pub fn reference((namespace, name): &PlatformKey) -> ObjectRef<Platform> {
    ObjectRef::new(name).within(namespace)
}

/// Whether an object carries the label of that platform.
pub fn belongs<K: Resource>(object: &K, namespace: &str, platform: &str) -> bool {
    let meta = object.meta();
    meta.namespace.as_deref() == Some(namespace)
        && meta
            .labels
            .as_ref()
            .and_then(|labels| labels.get(names::PLATFORM_LABEL))
            .is_some_and(|name| name == platform)
}

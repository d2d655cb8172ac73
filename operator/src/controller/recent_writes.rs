//! Keeps what was just written until the caches show it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use fdp_crds::FoodDeliveryPlatformStatus;
use kube::{
    ResourceExt,
    core::{ApiResource, DynamicObject},
};

use crate::{
    controller::{caches::compact::Compact, platform::PlatformKey},
    model::{object::ObjectKey, observed::Children},
};

/// How long the caches may lag before a written object counts as lost.
pub const MAX_CACHE_LAG: Duration = Duration::from_secs(5);

/// Writes that the caches do not show yet.
///
/// Without them, a reconciliation soon after a write would write everything again, and would assess the platform by
/// outdated objects.
#[derive(Default)]
pub struct RecentWrites {
    objects: Mutex<HashMap<(String, ObjectKey), Write>>,
    statuses: Mutex<HashMap<String, (Option<String>, FoodDeliveryPlatformStatus)>>,
}

struct Write {
    resource: ApiResource,
    platform: Option<PlatformKey>,
    /// The version that the cache showed when the object was written.
    cached_version: Option<String>,
    object: Compact,
    until: Instant,
}

impl RecentWrites {
    /// Records an object as the API server returned it.
    pub fn remember(
        &self,
        namespace: &str,
        resource: &ApiResource,
        cached_version: Option<String>,
        object: &DynamicObject,
    ) {
        let key = (
            namespace.to_owned(),
            ObjectKey::new(resource.kind.clone(), object.name_any()),
        );
        let until = Instant::now() + MAX_CACHE_LAG;
        lock(&self.objects).insert(
            key,
            Write {
                resource: resource.clone(),
                platform: PlatformKey::of_object(object),
                cached_version,
                object: Compact::of(object),
                until,
            },
        );
    }

    /// Records that a watch has delivered an object.
    ///
    /// From then on, its absence from the caches means that it was deleted.
    pub fn observed(&self, resource: &ApiResource, object: &DynamicObject) {
        let key = (
            object.namespace().unwrap_or_default(),
            ObjectKey::new(resource.kind.clone(), object.name_any()),
        );
        let mut objects = lock(&self.objects);
        if objects
            .get(&key)
            .is_some_and(|write| Some(write.object.version()) == object.metadata.resource_version.as_deref())
        {
            objects.remove(&key);
        }
    }

    /// Replaces cached objects by those written since; returns whether anything was replaced.
    pub fn overlay(&self, namespace: &str, platform: &str, children: &mut Children) -> bool {
        let mut replaced = false;
        lock(&self.objects).retain(|(_, key), write| {
            if write.until < Instant::now() {
                return false;
            }
            let of_platform = write
                .platform
                .as_ref()
                .is_some_and(|key| key.namespace == namespace && key.name == platform);
            if !of_platform {
                return true;
            }
            let cached = children.get(key).and_then(|object| object.resource_version());
            if cached != write.cached_version {
                return false;
            }
            if let Some(object) = write.object.read() {
                children.insert(&write.resource, Arc::new(object));
                replaced = true;
            }
            true
        });
        replaced
    }

    /// Records the status written to a platform of which the cache showed that version.
    pub fn remember_status(
        &self,
        uid: &str,
        cached_version: Option<String>,
        status: FoodDeliveryPlatformStatus,
    ) {
        lock(&self.statuses).insert(uid.to_owned(), (cached_version, status));
    }

    /// The status written while the cache shows that version.
    pub fn status(&self, uid: &str, cached_version: Option<&str>) -> Option<FoodDeliveryPlatformStatus> {
        let mut statuses = lock(&self.statuses);
        let (version, status) = statuses.get(uid)?;
        if version.as_deref() == cached_version {
            return Some(status.clone());
        }
        statuses.remove(uid);
        None
    }

    /// Whether a status is the last one that was written to the platform with that uid.
    pub fn wrote_status(&self, uid: &str, status: &FoodDeliveryPlatformStatus) -> bool {
        let statuses = lock(&self.statuses);
        statuses.get(uid).is_some_and(|(_, written)| written == status)
    }

    /// Removes a platform that was deleted, or whose status could not be written.
    pub fn forget(&self, uid: &str) {
        lock(&self.statuses).remove(uid);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

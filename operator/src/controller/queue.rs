//! Counts the platforms that wait to be reconciled.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kube::runtime::reflector::ObjectRef;

use crate::{
    controller::platform::{Platform, PlatformKey},
    telemetry,
};

/// The platforms that wait to be reconciled.
#[derive(Default)]
pub struct Queue(Mutex<HashSet<PlatformKey>>);

impl Queue {
    /// Records that a platform has to be reconciled.
    pub fn add(&self, platform: &ObjectRef<Platform>) {
        let mut waiting = self.lock();
        waiting.insert(PlatformKey::of_reference(platform));
        telemetry::queued(waiting.len());
    }

    /// Records that a platform is being reconciled.
    pub fn started(&self, platform: &Platform) {
        self.remove(&PlatformKey::of(platform));
    }

    /// Records that a platform does not exist any more.
    pub fn deleted(&self, platform: &ObjectRef<kube::core::DynamicObject>) {
        self.remove(&PlatformKey::of_reference(platform));
    }

    fn remove(&self, key: &PlatformKey) {
        let mut waiting = self.lock();
        waiting.remove(key);
        telemetry::queued(waiting.len());
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<PlatformKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

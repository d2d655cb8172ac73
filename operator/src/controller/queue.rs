//! Counts the platforms that wait to be looked at.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kube::runtime::reflector::ObjectRef;

use crate::{
    controller::caches::{Platform, PlatformKey, key, key_of},
    telemetry,
};

/// The platforms that wait.
#[derive(Default)]
pub struct Queue(Mutex<HashSet<PlatformKey>>);

impl Queue {
    /// Takes note that a platform has to be looked at.
    pub fn put(&self, platform: &ObjectRef<Platform>) {
        let mut waiting = self.lock();
        waiting.insert(key_of(platform));
        telemetry::queued(waiting.len());
    }

    /// Takes note that somebody looks at it now.
    pub fn taken(&self, platform: &Platform) {
        self.remove(&key(platform));
    }

    /// Takes note that it is not there any more.
    pub fn gone(&self, platform: &ObjectRef<kube::core::DynamicObject>) {
        self.remove(&key_of(platform));
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

//! Remembers for a moment which platforms' namespaces are being deleted, so that nothing is created there again and again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::controller::platform::PlatformKey;

/// How long nothing is created after the API server refused that because of the namespace.
pub const PAUSE: Duration = Duration::from_secs(15);

/// The platforms whose namespace was being deleted when something was last created in it.
#[derive(Debug, Default)]
pub struct EndingNamespaces(Mutex<HashMap<PlatformKey, Instant>>);

impl EndingNamespaces {
    /// Records that the API server creates nothing in the namespace any more.
    pub fn refused(&self, platform: &PlatformKey, now: Instant) {
        let mut refused = self.lock();
        refused.retain(|_, at| now.duration_since(*at) < PAUSE);
        refused.insert(platform.clone(), now);
    }

    /// Whether that was so a moment ago.
    pub fn has(&self, platform: &PlatformKey, now: Instant) -> bool {
        self.lock()
            .get(platform)
            .is_some_and(|at| now.duration_since(*at) < PAUSE)
    }

    /// Removes a platform that was deleted: one of its name may come again.
    pub fn forget(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_tried_again_after_a_pause_or_with_a_new_platform() {
        let (ending, now) = (EndingNamespaces::default(), Instant::now());
        let shop = PlatformKey::new("food", "shop");
        assert!(!ending.has(&shop, now));
        ending.refused(&shop, now);
        assert!(ending.has(&shop, now));
        assert!(!ending.has(&shop, now + PAUSE));
        ending.forget(&shop);
        assert!(!ending.has(&shop, now));
    }
}

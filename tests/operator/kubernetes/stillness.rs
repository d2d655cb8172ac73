//! Counts the changes of objects, to detect whether two programs undo each other's changes forever.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use kube::{
    ResourceExt as _,
    core::ApiResource,
    runtime::{WatchStreamExt as _, watcher},
};
use tokio_util::task::AbortOnDropHandle;

use fdp_test_operator::World;

/// When both programs are done, nothing changes for this long: ECK reconciles every ten seconds.
const STILL: Duration = Duration::from_secs(12);
/// The timeout for both programs to be done.
const SETTLED: Duration = Duration::from_mins(1);

/// Counts the versions of objects since it was created.
pub(crate) struct Stillness {
    versions: Arc<Mutex<BTreeSet<String>>>,
    _watches: Vec<AbortOnDropHandle<()>>,
}

impl Stillness {
    /// Watches all objects of those kinds.
    pub(crate) fn watch(world: &World, kinds: &[ApiResource]) -> Self {
        let versions = Arc::<Mutex<BTreeSet<String>>>::default();
        let watches = kinds
            .iter()
            .map(|kind| {
                let objects = watcher(world.dynamic(kind), watcher::Config::default());
                let (versions, kind) = (Arc::clone(&versions), kind.kind.clone());
                let watch = objects
                    .default_backoff()
                    .applied_objects()
                    .for_each(move |object| {
                        // The watch recovers by itself after an error.
                        if let Ok(object) = object {
                            let version = object.resource_version().unwrap_or_default();
                            versions
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .insert(format!("{kind} {} {version}", object.name_any()));
                        }
                        std::future::ready(())
                    });
                AbortOnDropHandle::new(tokio::spawn(watch))
            })
            .collect();
        Self {
            versions,
            _watches: watches,
        }
    }

    fn seen(&self) -> BTreeSet<String> {
        self.versions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until nothing has changed for a while; returns the number of versions until then.
    pub(crate) async fn comes(&self) -> usize {
        let begun = Instant::now();
        let (mut before, mut since) = (self.seen(), Instant::now());
        while since.elapsed() < STILL {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let now = self.seen();
            if now != before {
                assert!(begun.elapsed() < SETTLED, "it never rests: {now:#?}");
                (before, since) = (now, Instant::now());
            }
        }
        before.len()
    }
}

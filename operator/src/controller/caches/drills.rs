//! The watches on drills. A cluster may lack their definition, or the right to read them: then there are none.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fdp_crds::ResilienceDrill;
use futures::StreamExt as _;
use kube::{
    Client, ResourceExt as _,
    runtime::{
        WatchStreamExt as _,
        reflector::ObjectRef,
        watcher::{self, Event, watcher},
    },
};

use crate::controller::{
    caches::{compact::trim, places::Place, triggers::Sender},
    platform::Platform,
};

/// A namespace and a name.
type Key = (String, String);

/// The drills, as they were last seen.
#[derive(Debug, Default)]
pub struct Drills {
    known: Mutex<BTreeMap<Key, Arc<ResilienceDrill>>>,
}

impl Drills {
    /// The drills of a platform.
    pub fn of(&self, namespace: &str, platform: &str) -> Vec<Arc<ResilienceDrill>> {
        let known = self.lock();
        let there = known.iter().filter(|((place, _), _)| place == namespace);
        there
            .map(|(_, drill)| drill)
            .filter(|drill| drill.spec.platform == platform)
            .cloned()
            .collect()
    }

    /// Watches the drills of one place for ever; calls `done` when all were listed for the first time, or cannot be.
    pub(super) async fn watch(
        self: Arc<Self>,
        client: Client,
        place: Place,
        triggers: Sender,
        done: impl FnOnce(),
    ) {
        let mut done = Some(done);
        let mut listed = Vec::new();
        let mut events = watcher(place.api::<ResilienceDrill>(&client), watcher::Config::default())
            .default_backoff()
            .modify(|drill| trim(&mut drill.metadata))
            .boxed();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => listed.clear(),
                Ok(Event::InitApply(drill)) => {
                    listed.push(key(&drill));
                    self.insert(drill, &triggers);
                }
                Ok(Event::Apply(drill)) => self.insert(drill, &triggers),
                Ok(Event::Delete(drill)) => self.remove(&key(&drill), &triggers),
                Ok(Event::InitDone) => {
                    for gone in self.others(&place, &listed) {
                        self.remove(&gone, &triggers);
                    }
                    done.take().into_iter().for_each(|done| done());
                }
                Err(error) => {
                    tracing::debug!(%error, %place, "drills cannot be watched");
                    // Platforms must not wait for drills.
                    done.take().into_iter().for_each(|done| done());
                }
            }
        }
    }

    fn insert(&self, drill: ResilienceDrill, triggers: &Sender) {
        let wakes = platform(&drill);
        let before = self.lock().insert(key(&drill), Arc::new(drill));
        let former = before
            .map(|before| platform(&before))
            .filter(|former| *former != wakes);
        for platform in former.into_iter().chain([wakes]) {
            // The receiver is gone only when the operator stops.
            let _ = triggers.send(platform);
        }
    }

    fn remove(&self, key: &Key, triggers: &Sender) {
        let gone = self.lock().remove(key);
        if let Some(gone) = gone {
            let _ = triggers.send(platform(&gone));
        }
    }

    /// The drills of a place that are not among these.
    fn others(&self, place: &Place, listed: &[Key]) -> Vec<Key> {
        let known = self.lock();
        let there = known.keys().filter(|(namespace, _)| place.has(namespace));
        there.filter(|key| !listed.contains(key)).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<ResilienceDrill>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(drill: &ResilienceDrill) -> Key {
    (drill.namespace().unwrap_or_default(), drill.name_any())
}

fn platform(drill: &ResilienceDrill) -> ObjectRef<Platform> {
    ObjectRef::new(&drill.spec.platform).within(&drill.namespace().unwrap_or_default())
}

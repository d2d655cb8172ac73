//! The watches on platforms, which fill two copies: one for the controller, one for the status pages.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformSpec};
use futures::StreamExt as _;
use kube::{
    Client, Resource as _, ResourceExt as _,
    core::ObjectMeta,
    runtime::{
        WatchStreamExt as _,
        reflector::{self, ObjectRef},
        watcher::{self, Event, watcher},
    },
};

use crate::{
    connect::is_not_found,
    controller::{
        caches::{
            compact::trim,
            definition::Definition,
            places::Place,
            refusals::{Refusals, cause},
            triggers::Sender,
        },
        platform::Platform,
        recent_writes::RecentWrites,
    },
    model::reason::Reason,
};

const KIND: &str = "FoodDeliveryPlatform";

/// The copies, which the watch on each place fills with its platforms.
pub(super) struct Platforms {
    pub(super) store: reflector::Store<Platform>,
    pub(super) shown: reflector::Store<FoodDeliveryPlatform>,
    pub(super) definition: Arc<Definition>,
    writers: Mutex<Writers>,
    writes: Arc<RecentWrites>,
    refusals: Arc<Refusals>,
}

struct Writers {
    platforms: reflector::store::Writer<Platform>,
    shown: reflector::store::Writer<FoodDeliveryPlatform>,
}

impl Writers {
    fn apply(&mut self, event: &Event<Platform>) {
        self.shown.apply_watcher_event(&shown(event));
        self.platforms.apply_watcher_event(event);
    }
}

impl Platforms {
    /// Empty copies.
    pub(super) fn new(writes: Arc<RecentWrites>, refusals: Arc<Refusals>) -> Self {
        let (store, platforms) = reflector::store();
        let (shown, shown_writer) = reflector::store();
        let empty = Self {
            store,
            shown,
            definition: Arc::default(),
            writers: Mutex::new(Writers {
                platforms,
                shown: shown_writer,
            }),
            writes,
            refusals,
        };
        // The stores take part of their objects from each watch, so that a list of one watch must not replace them. Whether
        // everything was listed is counted elsewhere.
        empty.apply(&Event::Init);
        empty.apply(&Event::InitDone);
        empty
    }

    /// Watches the platforms of one place for ever; calls `done` when all of them were listed for the first time, or were
    /// refused.
    pub(super) async fn watch(
        self: Arc<Self>,
        client: Client,
        place: Place,
        triggers: Sender,
        done: impl FnOnce(),
    ) {
        let mut done = Some(done);
        loop {
            self.follow(&client, &place, &triggers, &mut done).await;
            for platform in self.of(&place) {
                self.remove(&platform, &triggers);
            }
            self.definition.wait(&place.api(&client)).await;
        }
    }

    /// Watches until the cluster does not know platforms any more.
    async fn follow(
        &self,
        client: &Client,
        place: &Place,
        triggers: &Sender,
        done: &mut Option<impl FnOnce()>,
    ) {
        let mut listed = HashSet::new();
        let mut events = watcher(place.api::<Platform>(client), watcher::Config::default())
            .default_backoff()
            .modify(|platform| trim(platform.meta_mut()))
            .boxed();
        while let Some(event) = events.next().await {
            let event = match event {
                Ok(event) => event,
                Err(error) => {
                    if cause(&error).is_some_and(is_not_found) {
                        return;
                    }
                    let refused = self.refusals.failed(place, KIND, false, &error);
                    // One namespace must not hold up the others.
                    if refused
                        && !place.is_everywhere()
                        && let Some(done) = done.take()
                    {
                        done();
                    }
                    continue;
                }
            };
            self.refusals.succeeded(place, KIND);
            match event {
                Event::Init => listed.clear(),
                Event::InitApply(platform) => {
                    listed.insert(ObjectRef::from_obj(&platform));
                    self.insert(platform, triggers);
                }
                Event::Apply(platform) => {
                    if self.is_news(&platform) {
                        self.insert(platform, triggers);
                    } else {
                        self.apply(&Event::Apply(platform));
                    }
                }
                Event::Delete(platform) => self.remove(&platform, triggers),
                Event::InitDone => {
                    for platform in self.of(place) {
                        if !listed.contains(&ObjectRef::from_obj(&*platform)) {
                            self.remove(&platform, triggers);
                        }
                    }
                    listed = HashSet::new();
                    if let Some(done) = done.take() {
                        done();
                    }
                }
            }
        }
    }

    /// The platforms of a place.
    fn of(&self, place: &Place) -> Vec<Arc<Platform>> {
        let mut platforms = self.store.state();
        platforms.retain(|platform| place.has(&platform.namespace().unwrap_or_default()));
        platforms
    }

    fn insert(&self, platform: Platform, triggers: &Sender) {
        let reference = ObjectRef::from_obj(&platform);
        self.apply(&Event::Apply(platform));
        self.wake(reference, triggers);
    }

    /// Removes a platform, and queues it, so that what else is remembered of it is forgotten.
    fn remove(&self, platform: &Platform, triggers: &Sender) {
        self.apply(&Event::Delete(platform.clone()));
        self.wake(ObjectRef::from_obj(platform), triggers);
    }

    /// Queues a platform that changed, and those that it may have left a host to.
    fn wake(&self, changed: ObjectRef<Platform>, triggers: &Sender) {
        for platform in std::iter::once(changed).chain(self.wait_for_a_host()) {
            // The receiver is gone only when the operator stops.
            let _ = triggers.send(platform);
        }
    }

    /// The platforms that wait for a host of another one, which may have given it up.
    fn wait_for_a_host(&self) -> Vec<ObjectRef<Platform>> {
        let waits = |platform: &Platform| {
            let status = platform
                .0
                .as_ref()
                .ok()
                .and_then(|platform| platform.status.as_ref());
            let mut conditions = status.into_iter().flat_map(|status| &status.conditions);
            conditions.any(|condition| condition.reason == Reason::HostTaken.as_str())
        };
        let platforms = self.store.state();
        let waiting = platforms.iter().filter(|platform| waits(platform));
        waiting.map(|platform| ObjectRef::from_obj(&**platform)).collect()
    }

    fn apply(&self, event: &Event<Platform>) {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        writers.apply(event);
    }

    /// Whether a change tells more than that our own status was written. A reconciliation that failed reports why; if that
    /// were a reason to reconcile again, it would never wait.
    fn is_news(&self, after: &Platform) -> bool {
        let before = self.store.get(&ObjectRef::from_obj(after));
        let own_status = after.0.as_ref().ok().is_some_and(|platform| {
            let uid = platform.uid().unwrap_or_default();
            let status = platform.status.as_ref();
            status.is_some_and(|status| self.writes.wrote_status(&uid, status))
        });
        !own_status || before.is_none_or(|before| without_version(&before) != without_version(after))
    }
}

/// What a change of the status leaves as it is.
fn without_version(platform: &Platform) -> ObjectMeta {
    ObjectMeta {
        resource_version: None,
        managed_fields: None,
        ..platform.meta().clone()
    }
}

fn shown(event: &Event<Platform>) -> Event<FoodDeliveryPlatform> {
    let readable = |platform: &Platform| match &platform.0 {
        Ok(platform) => platform.clone(),
        Err(invalid) => FoodDeliveryPlatform {
            metadata: invalid.metadata.clone(),
            spec: FoodDeliveryPlatformSpec::default(),
            status: None,
        },
    };
    match event {
        Event::Apply(platform) => Event::Apply(readable(platform)),
        Event::Delete(platform) => Event::Delete(readable(platform)),
        Event::Init => Event::Init,
        Event::InitApply(platform) => Event::InitApply(readable(platform)),
        Event::InitDone => Event::InitDone,
    }
}

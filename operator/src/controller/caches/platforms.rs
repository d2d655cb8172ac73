//! The watch on platforms, which fills two copies: one for the controller, one for the status pages.

use std::sync::Arc;

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformSpec};
use futures::StreamExt as _;
use kube::{
    Api, Client, Resource as _, ResourceExt as _,
    core::ObjectMeta,
    runtime::{
        WatchStreamExt as _,
        reflector::{self, ObjectRef},
        watcher::{self, Event, watcher},
    },
};

use crate::{
    controller::{
        caches::{compact::trim, triggers::Sender},
        platform::Platform,
        recent_writes::RecentWrites,
    },
    model::reason::Reason,
};

/// The copies, and the watch that fills them.
pub(super) struct Platforms {
    pub(super) store: reflector::Store<Platform>,
    pub(super) shown: reflector::Store<FoodDeliveryPlatform>,
    writer: reflector::store::Writer<Platform>,
    shown_writer: reflector::store::Writer<FoodDeliveryPlatform>,
    writes: Arc<RecentWrites>,
}

impl Platforms {
    /// Empty copies.
    pub(super) fn new(writes: Arc<RecentWrites>) -> Self {
        let (store, store_writer) = reflector::store();
        let (shown, shown_writer) = reflector::store();
        Self {
            store,
            shown,
            writer: store_writer,
            shown_writer,
            writes,
        }
    }

    /// Watches platforms for ever; calls `done` when all of them were listed for the first time.
    pub(super) async fn watch(mut self, client: Client, triggers: Sender, done: impl FnOnce()) {
        let mut done = Some(done);
        let mut events = watcher(Api::<Platform>::all(client), watcher::Config::default())
            .default_backoff()
            .modify(|platform| trim(platform.meta_mut()))
            .boxed();
        while let Some(event) = events.next().await {
            let event = match event {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(%error, kind = "FoodDeliveryPlatform", "watching failed, trying again");
                    continue;
                }
            };
            let news = self.is_news(&event);
            self.shown_writer.apply_watcher_event(&shown(&event));
            self.writer.apply_watcher_event(&event);
            match &event {
                Event::Apply(_) if !news => {}
                Event::Apply(platform) | Event::InitApply(platform) | Event::Delete(platform) => {
                    // The receiver is gone only when the operator stops.
                    let _ = triggers.send(ObjectRef::from_obj(platform));
                    for waiting in self.wait_for_a_host() {
                        let _ = triggers.send(waiting);
                    }
                }
                Event::InitDone => {
                    if let Some(done) = done.take() {
                        done();
                    }
                }
                Event::Init => {}
            }
        }
    }
}

impl Platforms {
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

    /// Whether an event tells more than that our own status was written. A reconciliation that failed reports why; if that
    /// were a reason to reconcile again, it would never wait.
    fn is_news(&self, event: &Event<Platform>) -> bool {
        let Event::Apply(after) = event else {
            return true;
        };
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

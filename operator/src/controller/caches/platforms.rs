//! The watch on platforms, which fills two copies: one for the controller, one for the status pages.

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformSpec};
use futures::StreamExt as _;
use kube::{
    Api, Client, Resource as _,
    runtime::{
        WatchStreamExt as _,
        reflector::{self, ObjectRef},
        watcher::{self, Event, watcher},
    },
};

use crate::controller::{
    caches::{compact::trim, triggers::Sender},
    platform::Platform,
};

/// The copies, and the watch that fills them.
pub(super) struct Platforms {
    pub(super) store: reflector::Store<Platform>,
    pub(super) shown: reflector::Store<FoodDeliveryPlatform>,
    writer: reflector::store::Writer<Platform>,
    shown_writer: reflector::store::Writer<FoodDeliveryPlatform>,
}

impl Platforms {
    /// Empty copies.
    pub(super) fn new() -> Self {
        let (store, writer) = reflector::store();
        let (shown, shown_writer) = reflector::store();
        Self {
            store,
            shown,
            writer,
            shown_writer,
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
            self.shown_writer.apply_watcher_event(&shown(&event));
            self.writer.apply_watcher_event(&event);
            match &event {
                Event::Apply(platform) | Event::InitApply(platform) | Event::Delete(platform) => {
                    // The receiver is gone only when the operator stops.
                    let _ = triggers.send(ObjectRef::from_obj(platform));
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

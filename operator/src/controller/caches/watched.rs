//! What the watches of one cluster share, and the watch on the objects of one kind.

use std::sync::Arc;

use futures::{StreamExt as _, future};
use kube::{
    Client,
    core::ApiResource,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};
use serde_json::{Value, json};

use crate::{
    controller::{
        caches::{
            copies::{Copies, POD},
            places::Place,
            triggers::Trigger,
        },
        recent_writes::RecentWrites,
    },
    kubernetes::names,
};

/// Objects per page of a list. With larger pages, a start with many platforms needs much memory for a moment.
const PAGE: u32 = 50;

/// What the watches of one cluster share.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) client: Client,
    pub(super) copies: Arc<Copies>,
    pub(super) writes: Arc<RecentWrites>,
    pub(super) triggers: Trigger,
    /// Where the platforms are that are looked after.
    pub(super) places: Arc<[Place]>,
}

/// Whether platforms can be looked after without the objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Needed,
    /// Those of a program that is not always there.
    Optional,
}

impl Watched {
    /// Watches the objects of one kind in all places, for ever.
    pub(super) async fn objects_everywhere(self, kind: ApiResource, need: Need) {
        let places = self.places.iter().cloned();
        future::join_all(places.map(|place| self.clone().objects(place, kind.clone(), need, || {}))).await;
    }

    /// Watches the objects of one kind in one place that carry our label, for ever. Calls `done` when all of them were
    /// listed for the first time, or when a namespace refuses that: it must not hold up the others.
    pub(super) async fn objects(self, place: Place, kind: ApiResource, need: Need, done: impl FnOnce()) {
        let api = place.dynamic(&self.client, &kind);
        let kind = Arc::new(kind);
        let pods = kind.kind == POD;
        let mut done = Some(done);
        let mut events = watcher(api, with_our_label())
            .default_backoff()
            .modify(move |object| {
                if pods {
                    object.data["spec"] = images(&object.data["spec"]);
                    object.metadata.annotations = None;
                }
            })
            .boxed();
        while let Some(event) = events.next().await {
            let event = match event {
                Ok(event) => event,
                // The watcher retries by itself, so an error of one watch does not delay the others.
                Err(error) => {
                    let needed = need == Need::Needed;
                    let refused = self.copies.refusals.failed(&place, &kind.kind, needed, &error);
                    if refused
                        && !place.is_everywhere()
                        && let Some(done) = done.take()
                    {
                        done();
                    }
                    continue;
                }
            };
            if let Event::Apply(object) | Event::InitApply(object) | Event::Delete(object) = &event {
                self.writes.observed(&kind, object);
            }
            let complete = matches!(event, Event::InitDone);
            for platform in self.copies.objects.apply(&place, &kind, event) {
                self.triggers.one(platform.reference());
            }
            if !complete {
                continue;
            }
            if self.copies.refusals.succeeded(&place, &kind.kind) {
                self.triggers.place(&place);
            }
            if let Some(done) = done.take() {
                done();
            }
        }
    }
}

/// All that the status needs of a pod's specification: which images its containers were made of.
fn images(spec: &Value) -> Value {
    let containers = spec["containers"].as_array().into_iter().flatten();
    let containers: Vec<Value> = containers
        .map(|container| json!({ "name": container["name"], "image": container["image"] }))
        .collect();
    json!({ "containers": containers })
}

/// Selects the objects with our labels.
fn with_our_label() -> watcher::Config {
    watcher::Config::default()
        // Others may call themselves manager as well; the second label is our own.
        .labels(&format!(
            "{},{}={}",
            names::PLATFORM_LABEL,
            names::MANAGED_BY_LABEL,
            names::MANAGER
        ))
        .page_size(PAGE)
}

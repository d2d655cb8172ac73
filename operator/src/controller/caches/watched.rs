//! What the watches of one cluster share, and the watch on the objects of one kind.

use std::sync::Arc;

use futures::StreamExt as _;
use kube::{
    Api, Client,
    core::{ApiResource, DynamicObject},
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
}

impl Watched {
    /// Watches the objects of one kind that carry our label, for ever.
    pub(super) async fn objects(self, kind: ApiResource, done: impl FnOnce()) {
        let api = Api::<DynamicObject>::all_with(self.client.clone(), &kind);
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
                    tracing::warn!(%error, kind = kind.kind, "watching failed, trying again");
                    continue;
                }
            };
            if let Event::Apply(object) | Event::InitApply(object) | Event::Delete(object) = &event {
                self.writes.observed(&kind, object);
            }
            let complete = matches!(event, Event::InitDone);
            for platform in self.copies.objects.apply(&kind, event) {
                self.triggers.one(platform.reference());
            }
            if complete && let Some(done) = done.take() {
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

/// Selects the objects with our label.
fn with_our_label() -> watcher::Config {
    watcher::Config::default()
        .labels(&format!("{}={}", names::MANAGED_BY_LABEL, names::MANAGER))
        .page_size(PAGE)
}

//! Starts the watches that fill the copies, and says which platforms they touch.

use std::{future::Future, sync::Arc};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{
    Api, Client,
    core::{ApiResource, DynamicObject},
    runtime::{
        WatchStreamExt as _,
        reflector::ObjectRef,
        watcher::{self, Event, watcher},
    },
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
};

use crate::{
    controller::{
        caches::{
            Caches, Copies, Platform, capabilities,
            platforms::Platforms,
            reference,
            touched::{Sender, Touched, Whom},
        },
        writes::RecentWrites,
    },
    kubernetes::names,
    model::apis::Family,
    plan::owned_kinds,
};

/// Objects that a list brings at once: with more, a start with many platforms needs much memory for a moment.
const PAGE: u32 = 50;

/// What keeps the copies, as long as it lives.
pub struct Watches {
    pub tasks: JoinSet<()>,
    /// The platforms that have to be looked at.
    pub touched: UnboundedReceiver<ObjectRef<Platform>>,
    /// Where other watches send theirs.
    pub sender: Sender,
}

/// Starts to watch platforms, and all namespaces of the cluster that their resources are in.
pub fn start(client: &Client, writes: &Arc<RecentWrites>) -> (Arc<Caches>, Watches) {
    let platforms = Platforms::new();
    let (sender, touched) = unbounded_channel();
    let mut tasks = JoinSet::new();
    // The platforms themselves are one more.
    let home = Arc::new(Copies::new(watched_parts() + 1));
    let caches = Arc::new(Caches {
        platforms: platforms.store.clone(),
        shown_platforms: platforms.shown.clone(),
        home: Arc::clone(&home),
    });
    let whom = Whom::All(platforms.store.clone());
    tasks.spawn({
        let home = Arc::clone(&home);
        platforms.watch(client.clone(), sender.clone(), move || home.one_is_complete())
    });
    let watched = Watched {
        client: client.clone(),
        copies: home,
        writes: Arc::clone(writes),
        touched: Touched {
            sender: sender.clone(),
            whom,
        },
    };
    watched.spawn(&mut tasks);
    let all = Watches {
        tasks,
        touched,
        sender,
    };
    (caches, all)
}

/// Starts to watch the cluster in which one platform has its objects, while its resource is elsewhere.
pub fn start_elsewhere(
    client: Client,
    writes: Arc<RecentWrites>,
    platform: ObjectRef<Platform>,
    sender: Sender,
) -> (Arc<Copies>, JoinSet<()>) {
    let copies = Arc::new(Copies::new(watched_parts()));
    let mut tasks = JoinSet::new();
    let watched = Watched {
        client,
        copies: Arc::clone(&copies),
        writes,
        touched: Touched {
            sender,
            whom: Whom::One(platform),
        },
    };
    watched.spawn(&mut tasks);
    (copies, tasks)
}

/// How many watches of a cluster have to show everything: on every kind, pods, nodes; on which programs there are, and
/// whether somebody measures.
fn watched_parts() -> usize {
    owned_kinds().len() + 4
}

/// What every watch works with.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) client: Client,
    pub(super) copies: Arc<Copies>,
    writes: Arc<RecentWrites>,
    pub(super) touched: Touched,
}

impl Watched {
    /// Starts all watches of one cluster.
    fn spawn(self, tasks: &mut JoinSet<()>) {
        for kind in owned_kinds().into_iter().chain([ApiResource::erase::<Pod>(&())]) {
            let copies = Arc::clone(&self.copies);
            tasks.spawn(self.clone().objects(kind, move || copies.one_is_complete()));
        }
        tasks.spawn(self.clone().nodes());
        tasks.spawn(capabilities::metrics(self.clone()));
        let kinds: Vec<ApiResource> = Family::ALL.into_iter().flat_map(Family::kinds).collect();
        tasks.spawn(capabilities::programs(self, kinds));
    }

    /// Watches the objects of one kind that carry our label, for ever.
    pub(super) async fn objects(self, kind: ApiResource, done: impl FnOnce()) {
        let api = Api::<DynamicObject>::all_with(self.client.clone(), &kind);
        let kind = Arc::new(kind);
        let pods = kind.kind == crate::controller::caches::POD;
        let mut done = Some(done);
        let mut events = watcher(api, ours())
            .default_backoff()
            .modify(move |object| {
                if pods {
                    object.data["spec"] = serde_json::Value::Null;
                    object.metadata.annotations = None;
                }
            })
            .boxed();
        while let Some(event) = events.next().await {
            let event = match event {
                Ok(event) => event,
                // An error of one watch must not slow the others down: it goes on by itself.
                Err(error) => {
                    tracing::warn!(%error, kind = kind.kind, "watching failed, trying again");
                    continue;
                }
            };
            if let Event::Apply(object) | Event::InitApply(object) | Event::Delete(object) = &event {
                self.writes.seen(&kind, object);
            }
            let complete = matches!(event, Event::InitDone);
            for platform in self.copies.objects.apply(&kind, event) {
                self.touched.touch(reference(&platform));
            }
            if complete && let Some(done) = done.take() {
                done();
            }
        }
    }

    /// Watches nodes, which only lend their addresses: nobody is looked at because of them.
    async fn nodes(self) {
        let mut addresses = std::collections::BTreeMap::new();
        let mut complete = false;
        let mut events = watcher(Api::<Node>::all(self.client.clone()), watcher::Config::default())
            .default_backoff()
            .boxed();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => addresses.clear(),
                Ok(Event::Apply(node) | Event::InitApply(node)) => {
                    addresses.insert(node.metadata.name.clone(), addresses_of(node));
                }
                Ok(Event::Delete(node)) => {
                    addresses.remove(&node.metadata.name);
                }
                Ok(Event::InitDone) => {}
                Err(error) => {
                    tracing::warn!(%error, kind = "Node", "watching failed, trying again");
                    continue;
                }
            }
            let best = addresses.values().flatten().min();
            self.copies
                .set_node_address(best.map(|(_, address)| address.clone()));
            if !complete {
                complete = true;
                self.copies.one_is_complete();
            }
        }
    }
}

/// Objects with our label.
fn ours() -> watcher::Config {
    watcher::Config::default()
        .labels(&format!("{}={}", names::MANAGED_BY_LABEL, names::MANAGER))
        .page_size(PAGE)
}

/// The addresses of a node, those first that are reached from outside.
fn addresses_of(node: Node) -> Vec<(bool, String)> {
    node.status
        .and_then(|status| status.addresses)
        .unwrap_or_default()
        .into_iter()
        .filter(|address| address.type_ == "ExternalIP" || address.type_ == "InternalIP")
        .map(|address| (address.type_ == "InternalIP", address.address))
        .collect()
}

/// Runs a future until another one ends it.
pub(super) async fn until(end: impl Future<Output = ()>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = end => {}
        () = work => {}
    }
}

//! Starts the watches that fill the copies and queue the platforms that a change affects.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::{Client, core::ApiResource, runtime::reflector::ObjectRef};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
};

use crate::{
    controller::{
        caches::{
            Caches, capabilities,
            copies::Copies,
            nodes,
            platforms::Platforms,
            triggers::{Scope, Sender, Trigger},
            watched::Watched,
        },
        platform::Platform,
        recent_writes::RecentWrites,
    },
    model::apis::Family,
    plan::owned_kinds,
};

/// The running watches; they end when this is dropped.
pub struct Watches {
    pub tasks: JoinSet<()>,
    /// The platforms to reconcile.
    pub triggered: UnboundedReceiver<ObjectRef<Platform>>,
    /// Where the watches of other clusters send the platforms to reconcile.
    pub sender: Sender,
}

/// Starts to watch platforms, and their objects in all namespaces of the cluster that holds the resources.
pub fn start(client: &Client, writes: &Arc<RecentWrites>) -> (Arc<Caches>, Watches) {
    let platforms = Platforms::new(Arc::clone(writes));
    let (sender, triggered) = unbounded_channel();
    let mut tasks = JoinSet::new();
    // Plus one for the platforms themselves.
    let local = Arc::new(Copies::new(watched_parts() + 1));
    let caches = Arc::new(Caches {
        platforms: platforms.store.clone(),
        shown_platforms: platforms.shown.clone(),
        local: Arc::clone(&local),
    });
    let scope = Scope::All(platforms.store.clone());
    tasks.spawn({
        let local = Arc::clone(&local);
        platforms.watch(client.clone(), sender.clone(), move || local.mark_one_complete())
    });
    let watched = Watched {
        client: client.clone(),
        copies: local,
        writes: Arc::clone(writes),
        triggers: Trigger {
            sender: sender.clone(),
            scope,
        },
    };
    spawn(watched, &mut tasks);
    let all = Watches {
        tasks,
        triggered,
        sender,
    };
    (caches, all)
}

/// Starts to watch the cluster in which one platform has its objects while its resource is in another one.
pub fn start_remote(
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
        triggers: Trigger {
            sender,
            scope: Scope::One(platform),
        },
    };
    spawn(watched, &mut tasks);
    (copies, tasks)
}

/// How many watches of a cluster have to list everything: each owned kind, pods, nodes, custom resource definitions and
/// the metrics API.
fn watched_parts() -> usize {
    owned_kinds().len() + 4
}

/// Starts all watches of one cluster.
fn spawn(watched: Watched, tasks: &mut JoinSet<()>) {
    for kind in owned_kinds().into_iter().chain([ApiResource::erase::<Pod>(&())]) {
        let copies = Arc::clone(&watched.copies);
        tasks.spawn(watched.clone().objects(kind, move || copies.mark_one_complete()));
    }
    tasks.spawn(nodes::watch(watched.clone()));
    tasks.spawn(capabilities::metrics(watched.clone()));
    let kinds: Vec<ApiResource> = Family::ALL.into_iter().flat_map(Family::kinds).collect();
    tasks.spawn(capabilities::custom_resources(watched, kinds));
}

//! Starts the watches that fill the copies and queue the platforms that a change affects.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::{Client, core::ApiResource, runtime::reflector::ObjectRef};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
};

use crate::{
    connect::cluster_network::own_resolver,
    controller::{
        caches::{
            Caches, autoscalers, capabilities, cluster_network,
            copies::Copies,
            nodes,
            places::Place,
            platforms::Platforms,
            shared_secrets,
            triggers::{Scope, Sender, Trigger},
            watched::{Need, Watched},
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

/// Starts to watch platforms and their objects in these places of the cluster that holds the resources.
pub fn start(client: &Client, writes: &Arc<RecentWrites>, places: Vec<Place>) -> (Arc<Caches>, Watches) {
    let (sender, triggered) = unbounded_channel();
    let mut tasks = JoinSet::new();
    // Plus the platforms themselves, and their drills.
    let local = Arc::new(Copies::new(watched_parts(places.len()) + 2 * places.len()));
    let platforms = Arc::new(Platforms::new(Arc::clone(writes), Arc::clone(&local.refusals)));
    let caches = Arc::new(Caches {
        platforms: platforms.store.clone(),
        shown_platforms: platforms.shown.clone(),
        local: Arc::clone(&local),
        drills: Arc::default(),
        definition: Arc::clone(&platforms.definition),
    });
    let scope = Scope::All(platforms.store.clone());
    for place in &places {
        let (complete, also_complete) = (Arc::clone(&local), Arc::clone(&local));
        let platforms = Arc::clone(&platforms);
        let drills = Arc::clone(&caches.drills);
        let (of_platforms, of_drills) = (place.clone(), place.clone());
        let (sender, also_sender) = (sender.clone(), sender.clone());
        tasks.spawn(platforms.watch(client.clone(), of_platforms, sender, move || {
            complete.mark_one_complete();
        }));
        tasks.spawn(drills.watch(client.clone(), of_drills, also_sender, move || {
            also_complete.mark_one_complete();
        }));
    }
    let watched = Watched {
        client: client.clone(),
        copies: local,
        writes: Arc::clone(writes),
        triggers: Trigger {
            sender: sender.clone(),
            scope,
        },
        places: places.into(),
    };
    spawn(watched, own_resolver(), &mut tasks);
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
    let copies = Arc::new(Copies::new(watched_parts(1)));
    let mut tasks = JoinSet::new();
    let watched = Watched {
        client,
        copies: Arc::clone(&copies),
        writes,
        triggers: Trigger {
            sender,
            scope: Scope::One(platform),
        },
        places: [Place::Everywhere].into(),
    };
    // This pod resolves names in its own cluster, not in that one.
    spawn(watched, None, &mut tasks);
    (copies, tasks)
}

/// How many parts have to be known of a cluster: in each place the owned kinds, pods, autoscalers of others and Secrets of
/// others; and nodes, custom resource definitions, the metrics API and the network of the cluster.
fn watched_parts(places: usize) -> usize {
    (owned_kinds().len() + 3) * places + 4
}

/// Starts all watches of one cluster, whose pods ask `resolver` for names.
fn spawn(watched: Watched, resolver: Option<String>, tasks: &mut JoinSet<()>) {
    for place in watched.places.iter() {
        for kind in owned_kinds().into_iter().chain([ApiResource::erase::<Pod>(&())]) {
            let copies = Arc::clone(&watched.copies);
            let done = move || copies.mark_one_complete();
            tasks.spawn(watched.clone().objects(place.clone(), kind, Need::Needed, done));
        }
        tasks.spawn(autoscalers::watch(watched.clone(), place.clone()));
        tasks.spawn(shared_secrets::watch(watched.clone(), place.clone()));
    }
    tasks.spawn(nodes::watch(watched.clone()));
    tasks.spawn(capabilities::metrics(watched.clone()));
    tasks.spawn(cluster_network::observe(watched.clone(), resolver));
    let kinds: Vec<ApiResource> = Family::ALL.into_iter().flat_map(Family::kinds).collect();
    tasks.spawn(capabilities::custom_resources(watched, kinds));
}

//! Copies of what the operator watches, kept up to date by the API server, so that reading costs no call.

use std::{fmt::Debug, hash::Hash, sync::Arc};

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformSpec};
use futures::{FutureExt as _, Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{
    Api, Client, Resource, ResourceExt,
    core::{ApiResource, DeserializeGuard, DynamicObject},
    runtime::{
        WatchStreamExt as _,
        reflector::{self, ObjectRef, Store},
        watcher::{self, Event, watcher},
    },
};
use serde::de::DeserializeOwned;

use crate::plan::{names, owned_kinds};

/// A platform, or what is left of it when it cannot be read: one broken resource must not hide the others.
pub type Platform = DeserializeGuard<FoodDeliveryPlatform>;

/// A stream of the objects that have just changed, deletions included.
type Changes<K> = BoxStream<'static, Result<K, watcher::Error>>;

/// The copies.
pub struct Caches {
    pub platforms: Store<Platform>,
    /// The same for those who only show platforms; one that cannot be read has an empty specification here.
    pub shown_platforms: Store<FoodDeliveryPlatform>,
    /// Everything that the operator made, by kind.
    pub children: Vec<(ApiResource, Store<DynamicObject>)>,
    pub pods: Store<Pod>,
    pub nodes: Store<Node>,
}

/// The streams that fill the copies; somebody has to poll them.
pub struct Watches {
    pub platforms: Changes<Platform>,
    pub children: Vec<(ApiResource, Changes<DynamicObject>)>,
    pub pods: Changes<Pod>,
    pub nodes: Changes<Node>,
}

/// Prepares watches on all namespaces.
pub fn watch(client: &Client) -> (Caches, Watches) {
    let ours = watcher::Config::default().labels(&format!("{}={}", names::MANAGED_BY_LABEL, names::MANAGER));
    let all = watcher::Config::default();
    let (platforms, shown_platforms, platform_changes) = reflect_platforms(client);
    let (pods, pod_changes) = reflect(Api::<Pod>::all(client.clone()), ours.clone(), &(), |pod| {
        pod.spec = None;
        pod.annotations_mut().clear();
    });
    let (nodes, node_changes) = reflect(Api::<Node>::all(client.clone()), all, &(), |node| {
        node.spec = None;
        node.annotations_mut().clear();
        if let Some(status) = node.status.as_mut() {
            status.images = None;
            status.conditions = None;
        }
    });
    let (stores, changes) = owned_kinds()
        .into_iter()
        .map(|kind| {
            let api = Api::<DynamicObject>::all_with(client.clone(), &kind);
            let (store, changes) = reflect(api, ours.clone(), &kind, |_| {});
            ((kind.clone(), store), (kind, changes))
        })
        .unzip();
    (
        Caches {
            platforms,
            shown_platforms,
            children: stores,
            pods,
            nodes,
        },
        Watches {
            platforms: platform_changes,
            children: changes,
            pods: pod_changes,
            nodes: node_changes,
        },
    )
}

fn reflect_platforms(client: &Client) -> (Store<Platform>, Store<FoodDeliveryPlatform>, Changes<Platform>) {
    let (store, writer) = reflector::store();
    let (shown_store, mut shown_writer) = reflector::store();
    let changes = watcher(Api::<Platform>::all(client.clone()), watcher::Config::default())
        .default_backoff()
        .modify(|platform| platform.managed_fields_mut().clear())
        .inspect_ok(move |event| shown_writer.apply_watcher_event(&shown(event)))
        .reflect(writer)
        .touched_objects();
    let kind = FoodDeliveryPlatform::kind(&()).into_owned();
    (store, shown_store, without_errors(kind, changes).boxed())
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

fn reflect<K>(
    api: Api<K>,
    config: watcher::Config,
    kind: &K::DynamicType,
    trim: impl Fn(&mut K) + Send + 'static,
) -> (Store<K>, Changes<K>)
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Eq + Hash + Clone + Unpin + Send + Sync + Debug,
{
    let writer = reflector::store::Writer::new(kind.clone());
    let store = writer.as_reader();
    let name = K::kind(kind).into_owned();
    let changes = watcher(api, config)
        .default_backoff()
        .modify(move |object| {
            // Who wrote which field is the API server's business, and most of an object's size.
            object.managed_fields_mut().clear();
            trim(object);
        })
        .reflect(writer)
        .touched_objects();
    (store, without_errors(name, changes).boxed())
}

/// An error of one watch must not slow the others down: it is logged, and the watch goes on by itself.
fn without_errors<K: Send>(
    kind: String,
    changes: impl Stream<Item = Result<K, watcher::Error>> + Send,
) -> impl Stream<Item = Result<K, watcher::Error>> + Send {
    changes.filter_map(move |change| {
        std::future::ready(match change {
            Ok(object) => Some(Ok(object)),
            Err(error) => {
                tracing::warn!(%error, kind, "watching failed, trying again");
                None
            }
        })
    })
}

/// The platform that an object belongs to, by its label.
pub fn platform_of<K: Resource>(object: &K) -> Option<ObjectRef<Platform>> {
    let name = object.meta().labels.as_ref()?.get(names::PLATFORM_LABEL)?;
    Some(ObjectRef::new(name).within(object.meta().namespace.as_deref()?))
}

impl Caches {
    /// Waits until every copy is complete; only then does absence mean anything.
    pub async fn synced(&self) {
        let _ = self.platforms.wait_until_ready().await;
        let _ = self.pods.wait_until_ready().await;
        let _ = self.nodes.wait_until_ready().await;
        for (_, store) in &self.children {
            let _ = store.wait_until_ready().await;
        }
    }

    /// Whether every copy is complete.
    pub fn are_synced(&self) -> bool {
        self.synced().now_or_never().is_some()
    }

    /// An address by which nodes are reached, preferring those that are reached from outside.
    pub fn node_address(&self) -> Option<String> {
        let mut addresses: Vec<(bool, String)> = self
            .nodes
            .state()
            .iter()
            .filter_map(|node| node.status.as_ref()?.addresses.clone())
            .flatten()
            .filter(|address| address.type_ == "ExternalIP" || address.type_ == "InternalIP")
            .map(|address| (address.type_ == "InternalIP", address.address))
            .collect();
        addresses.sort();
        addresses.into_iter().next().map(|(_, address)| address)
    }

    /// The pods of a platform.
    pub fn pods_of(&self, namespace: &str, platform: &str) -> Vec<Arc<Pod>> {
        let mut pods = self.pods.state_filter(|pod| belongs(pod, namespace, platform));
        pods.sort_by_key(|pod| pod.name_any());
        pods
    }
}

/// Whether an object carries the label of that platform.
pub fn belongs<K: Resource>(object: &K, namespace: &str, platform: &str) -> bool {
    let meta = object.meta();
    meta.namespace.as_deref() == Some(namespace)
        && meta
            .labels
            .as_ref()
            .and_then(|labels| labels.get(names::PLATFORM_LABEL))
            .is_some_and(|name| name == platform)
}

//! The watch on nodes, which are used only for their addresses.

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Node;
use kube::{
    Api,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};

use crate::controller::caches::{refusals::lacks_right, watched::Watched};

/// Watches nodes, for ever. A change triggers no reconciliation. Without the right to, addresses for `NodePort` stay unknown.
pub(super) async fn watch(watched: Watched) {
    let mut addresses = std::collections::BTreeMap::new();
    let mut complete = false;
    let mut events = watcher(
        Api::<Node>::all(watched.client.clone()),
        watcher::Config::default(),
    )
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
            Err(error) if lacks_right(&error) => {
                if !complete {
                    tracing::info!(%error, "nodes cannot be watched, so the status names no address of a NodePort");
                }
            }
            Err(error) => {
                tracing::warn!(%error, kind = "Node", "watching failed, trying again");
                continue;
            }
        }
        let best = addresses.values().flatten().min();
        watched
            .copies
            .set_node_address(best.map(|(_, address)| address.clone()));
        if !complete {
            complete = true;
            watched.copies.mark_one_complete();
        }
    }
}

/// The addresses of a node, each with whether it is internal, so that external ones sort first.
fn addresses_of(node: Node) -> Vec<(bool, String)> {
    node.status
        .and_then(|status| status.addresses)
        .unwrap_or_default()
        .into_iter()
        .filter(|address| address.type_ == "ExternalIP" || address.type_ == "InternalIP")
        .map(|address| (address.type_ == "InternalIP", address.address))
        .collect()
}

//! Drains a node of a platform's pods as `kubectl drain` does, and gives it back.

use std::{io::Write, time::Duration};

use fdp_catalogue::Service;
use futures::future::try_join_all;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{
    Api, Client, ResourceExt as _,
    api::{EvictParams, ListParams},
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Outside, OutsideArguments, POLL_INTERVAL, failed, seen};
use crate::{
    cli::drill::{CliDrillError, say::Say},
    connect::is_not_found,
    kubernetes::names::{self, DRILL, NAME_LABEL, PLATFORM_LABEL},
    plan::drills::PodSeen,
};

/// How long the answer to an eviction is waited for. The client asks again by itself as long as a `PodDisruptionBudget` keeps
/// the pod, at intervals that the API server sets.
const EVICTED_WITHIN: Duration = Duration::from_secs(2);
/// After how long a pod is evicted again that a `PodDisruptionBudget` keeps.
const AGAIN: Duration = Duration::from_secs(2);
/// How often it is tried to give the node back.
const ATTEMPTS: u32 = 10;

/// Checks that pods can go elsewhere, and that the node is there.
pub(super) async fn check(client: &Client, arguments: &OutsideArguments) -> Result<(), CliDrillError> {
    let nodes = Api::<Node>::all(client.clone())
        .list(&ListParams::default())
        .await;
    let nodes = nodes.map_err(|error| failed("list the nodes".to_owned(), &error))?;
    let takes_pods = |node: &&Node| {
        let unschedulable = node.spec.as_ref().and_then(|spec| spec.unschedulable);
        unschedulable != Some(true)
    };
    let open: Vec<String> = nodes.iter().filter(takes_pods).map(Node::name_any).collect();
    match &arguments.node {
        Some(node) if !open.contains(node) => Err(CliDrillError::NoSuchNode { node: node.clone() }),
        _ if open.len() < 2 => Err(CliDrillError::OnlyNode),
        _ => Ok(()),
    }
}

/// Drains the node until the fault is over, and gives it back whatever happens.
pub(super) async fn drain(
    outside: &Outside<'_>,
    over: &CancellationToken,
    say: &Say<'_, impl Write>,
) -> Result<(), CliDrillError> {
    let node = match &outside.arguments.node {
        Some(node) => node.clone(),
        None => node_of_order(outside).await?,
    };
    cordon(outside.client, &node).await?;
    let drained = async {
        say.line(outside.name(), &format!("node {node} is cordoned"))?;
        tokio::select! {
            done = empty(outside, &node, say) => {
                done?;
                outside.until_over().await
            }
            ended = outside.until_over() => {
                ended?;
                let text = format!("the fault is over before node {node} was empty");
                Ok(say.line(outside.name(), &text)?)
            }
        }
    };
    let drained = over.run_until_cancelled(drained).await;
    give_back(outside.client, &node).await?;
    // Whoever does not listen any more must not keep the node from being given back.
    let said = say.line(outside.name(), &format!("node {node} takes pods again"));
    drained.unwrap_or(Ok(()))?;
    Ok(said?)
}

/// Evicts the platform's pods from the node, waits until they have gone and others have come, and tells that.
async fn empty(outside: &Outside<'_>, node: &str, say: &Say<'_, impl Write>) -> Result<(), CliDrillError> {
    let pods = pods(outside).await?;
    let known: Vec<PodSeen> = pods.iter().map(seen).collect();
    let there: Vec<PodSeen> = pods.iter().filter(|pod| is_to_go(pod, node)).map(seen).collect();
    if there.is_empty() {
        return Err(CliDrillError::NothingToDrain {
            node: node.to_owned(),
            platform: outside.platform.to_owned(),
        });
    }
    let text = format!("{} pods are evicted: {}", there.len(), list(&there));
    say.line(outside.name(), &text)?;
    let mut left = there.clone();
    while !left.is_empty() {
        // All at once: one that is kept must not keep the others.
        let evicted = try_join_all(left.iter().map(|pod| evict(outside, pod))).await?;
        let kept = left.into_iter().zip(evicted).filter(|(_, goes)| !goes);
        left = kept.map(|(pod, _)| pod).collect();
        if !left.is_empty() {
            let text = format!("a PodDisruptionBudget keeps {}", list(&left));
            say.line(outside.name(), &text)?;
            tokio::time::sleep(AGAIN).await;
        }
    }
    let new = until_replaced(outside, &there, &known).await?;
    say.line(outside.name(), &format!("{} have come", list(&new)))?;
    outside.prove(Some(node.to_owned()), there, new).await
}

/// The pods that are there when none is left of those that had to go, and some have come.
async fn until_replaced(
    outside: &Outside<'_>,
    gone: &[PodSeen],
    known: &[PodSeen],
) -> Result<Vec<PodSeen>, CliDrillError> {
    loop {
        let now: Vec<PodSeen> = pods(outside).await?.iter().map(seen).collect();
        let new: Vec<PodSeen> = now.iter().filter(|pod| !known.contains(pod)).cloned().collect();
        if !now.iter().any(|pod| gone.contains(pod)) && !new.is_empty() {
            return Ok(new);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Whether the pod goes, or is gone.
async fn evict(outside: &Outside<'_>, pod: &PodSeen) -> Result<bool, CliDrillError> {
    let namespace = &outside.started.namespace;
    let pods = Api::<Pod>::namespaced(outside.client.clone(), namespace);
    let eviction = EvictParams::default();
    let Ok(answer) = timeout(EVICTED_WITHIN, pods.evict(&pod.name, &eviction)).await else {
        return Ok(false);
    };
    match answer {
        Ok(_) => Ok(true),
        Err(error) if is_not_found(&error) => Ok(true),
        Err(kube::Error::Api(refused)) if refused.code == 429 => Ok(false),
        Err(error) => Err(failed(format!("evict Pod {namespace}/{}", pod.name), &error)),
    }
}

/// The pods of the platform, but for those of the drill itself.
async fn pods(outside: &Outside<'_>) -> Result<Vec<Pod>, CliDrillError> {
    let namespace = &outside.started.namespace;
    let ours = format!("{PLATFORM_LABEL}={},{NAME_LABEL}!={DRILL}", outside.platform);
    let pods = Api::<Pod>::namespaced(outside.client.clone(), namespace);
    match pods.list(&ListParams::default().labels(&ours)).await {
        Ok(pods) => Ok(pods.items),
        Err(error) => Err(failed(format!("list the pods in namespace {namespace}"), &error)),
    }
}

/// Whether a drain takes a pod away. It leaves those that have ended, and those that a `DaemonSet` would bring back.
fn is_to_go(pod: &Pod, node: &str) -> bool {
    let of_daemon_set = pod
        .owner_references()
        .iter()
        .any(|owner| owner.kind == "DaemonSet");
    is_on(pod, node) && !has_ended(pod) && !of_daemon_set
}

fn is_on(pod: &Pod, node: &str) -> bool {
    let on = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    on == Some(node)
}

fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// A node on which a pod of order runs.
async fn node_of_order(outside: &Outside<'_>) -> Result<String, CliDrillError> {
    let order = Service::Order.name();
    let pods = pods(outside).await?;
    let mut running = pods.iter().filter(|pod| {
        let part = pod.labels().get(names::NAME_LABEL);
        part.is_some_and(|part| part == order) && !has_ended(pod)
    });
    let node = running.find_map(|pod| pod.spec.as_ref()?.node_name.clone());
    node.ok_or_else(|| CliDrillError::NoNode {
        platform: outside.platform.to_owned(),
    })
}

async fn cordon(client: &Client, node: &str) -> Result<(), CliDrillError> {
    let Err(error) = Api::<Node>::all(client.clone()).cordon(node).await else {
        return Ok(());
    };
    // Without an answer it may have been done.
    if !matches!(error, kube::Error::Api(_)) {
        give_back(client, node).await?;
    }
    Err(failed(format!("cordon Node {node}"), &error))
}

/// Lets the node take pods again, also if the API server does not answer for a moment.
async fn give_back(client: &Client, node: &str) -> Result<(), CliDrillError> {
    let nodes = Api::<Node>::all(client.clone());
    let mut attempt = 1;
    loop {
        match nodes.uncordon(node).await {
            Ok(_) => return Ok(()),
            Err(_) if attempt < ATTEMPTS => tokio::time::sleep(AGAIN).await,
            Err(error) => {
                return Err(CliDrillError::StillCordoned {
                    node: node.to_owned(),
                    source: Box::new(failed(format!("uncordon Node {node}"), &error)),
                });
            }
        }
        attempt += 1;
    }
}

fn list(pods: &[PodSeen]) -> String {
    let names: Vec<&str> = pods.iter().map(|pod| pod.name.as_str()).collect();
    names.join(", ")
}

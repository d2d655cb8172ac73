//! Which pods have a node, and which wait because no node has room.

use std::sync::Arc;

use k8s_openapi::{
    api::core::v1::{Pod, PodCondition},
    jiff::Timestamp,
};
use kube::ResourceExt as _;

use crate::kubernetes::{
    health::{pods_of, scheduled},
    names,
};

/// How the scheduler begins the part of its message that says what a node has too little of.
const TOO_LITTLE: &str = "Insufficient ";
/// How it says that a node has as many pods as it may have.
const TOO_MANY_PODS: &str = "Too many pods";

/// How many pods of a part have a node.
pub(super) struct Pods {
    pub(super) on_nodes: i32,
    /// Those of them that are being ended, and still have their room. They are not counted in `on_nodes`.
    pub(super) ending: i32,
}

/// A pod that waits for room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) name: String,
    pub(super) part: Option<String>,
    /// In the scheduler's words.
    pub(super) why: String,
}

impl Pods {
    pub(super) fn of(pods: &[Arc<Pod>], part: &str) -> Self {
        let mut counted = Self {
            on_nodes: 0,
            ending: 0,
        };
        for pod in pods_of(pods, part).into_iter().filter(|pod| takes_room(pod)) {
            if pod.metadata.deletion_timestamp.is_some() {
                counted.ending += 1;
            } else {
                counted.on_nodes += 1;
            }
        }
        counted
    }
}

/// The pods that wait for room since that time or later, the one that waits longest first.
pub(super) fn waiting(pods: &[Arc<Pod>], earliest: Timestamp) -> Vec<Waiting> {
    let mut waiting: Vec<(Timestamp, Waiting)> = pods
        .iter()
        .filter(|pod| pod.metadata.deletion_timestamp.is_none())
        .filter_map(|pod| {
            let (since, why) = refused(pod)?;
            let waiting = Waiting {
                name: pod.name_any(),
                part: pod.labels().get(names::NAME_LABEL).cloned(),
                why,
            };
            (since >= earliest).then_some((since, waiting))
        })
        .collect();
    waiting.sort_by_cached_key(|(since, pod)| (*since, pod.name.clone()));
    waiting.into_iter().map(|(_, pod)| pod).collect()
}

/// By its status alone: of the specification of pods, nothing but their images is kept in memory.
fn takes_room(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    scheduled(pod).is_some_and(|scheduled| scheduled.status == "True")
        && !matches!(phase, Some("Succeeded" | "Failed"))
}

/// Since when no node has room for a pod, and what they have too little of.
fn refused(pod: &Pod) -> Option<(Timestamp, String)> {
    let scheduled = scheduled(pod).filter(|scheduled| scheduled.status == "False")?;
    let since = scheduled.last_transition_time.as_ref()?.0;
    Some((since, too_little(scheduled)?))
}

/// A pod that no node may run, for another reason, is not helped by room.
fn too_little(scheduled: &PodCondition) -> Option<String> {
    let message = scheduled.message.as_deref()?;
    if let Some(at) = message.find(TOO_LITTLE) {
        let what = message[at..].split([',', '.']).next()?;
        return Some(what.trim().to_owned());
    }
    message.contains(TOO_MANY_PODS).then(|| TOO_MANY_PODS.to_owned())
}

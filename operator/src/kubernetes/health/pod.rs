//! Why pods are not ready.

use std::sync::Arc;

use k8s_openapi::{
    api::core::v1::{Pod, PodCondition, PodStatus},
    jiff::Timestamp,
};
use kube::ResourceExt as _;

use crate::{
    kubernetes::{
        health::{
            container::{self, Attempts},
            mount,
            text::shortened,
            trouble::Trouble,
        },
        names,
    },
    model::events::Events,
};

/// The pods of one part.
pub fn pods_of<'a>(pods: &'a [Arc<Pod>], part: &str) -> Vec<&'a Arc<Pod>> {
    pods.iter()
        .filter(|pod| {
            pod.labels()
                .get(names::NAME_LABEL)
                .is_some_and(|name| name == part)
        })
        .collect()
}

/// What the scheduler says of a pod.
pub fn scheduled(pod: &Pod) -> Option<&PodCondition> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|known| known.type_ == "PodScheduled")
}

/// Whether a pod takes requests.
pub fn is_ready(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none()
        && pod.status.as_ref().is_some_and(|status| {
            let mut conditions = status.conditions.iter().flatten();
            conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
        })
}

/// Why a pod is not ready.
pub(super) fn trouble(pod: &Pod, events: &Events, now: Timestamp) -> Option<Trouble> {
    let name = pod.name_any();
    let status = pod.status.as_ref()?;
    if pod.metadata.deletion_timestamp.is_some() || status.phase.as_deref() == Some("Succeeded") {
        return None;
    }
    let condition = |type_: &str| {
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == type_)
    };
    if let Some(scheduled) = condition("PodScheduled").filter(|condition| condition.status == "False") {
        let reason = scheduled.reason.as_deref().unwrap_or("Unschedulable");
        let message = scheduled.message.as_deref().map(shortened).unwrap_or_default();
        return Some(Trouble::passing(3, format!("pod {name}: {reason}: {message}")));
    }
    if status.phase.as_deref() == Some("Failed") {
        let reason = status.reason.as_deref().unwrap_or("Failed");
        let message = status.message.as_deref().map(shortened).unwrap_or_default();
        return Some(Trouble::passing(2, format!("pod {name}: {reason}: {message}")));
    }
    let attempts = Attempts {
        possible_since: possible_since(status),
        events: events.of(pod.metadata.uid.as_deref()),
        now,
    };
    let containers = status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .flatten();
    let waiting = containers
        .filter_map(|container| container::trouble(container, &attempts))
        .max_by_key(|trouble| trouble.weight);
    let volumes = attempts.events.and_then(mount::trouble);
    let worst = match (waiting, volumes) {
        (Some(waiting), Some(volumes)) if waiting.weight <= 1 => Some(volumes),
        (waiting, _) => waiting,
    };
    if let Some(trouble) = worst {
        return Some(Trouble {
            text: format!("pod {name}: {}", trouble.text),
            ..trouble
        });
    }
    let ready = condition("Ready").is_some_and(|condition| condition.status == "True");
    (!ready).then(|| Trouble::passing(0, format!("pod {name}: started, does not answer yet")))
}

/// Since when the kubelet may have tried to start a container that waits: its pod has a node, volumes and a network, the
/// containers before it have done their work, and its last run has ended.
fn possible_since(status: &PodStatus) -> Option<Timestamp> {
    let conditions = status.conditions.iter().flatten().filter(|condition| {
        condition.status == "True"
            && ["PodScheduled", "PodReadyToStartContainers", "Initialized"]
                .contains(&condition.type_.as_str())
    });
    let conditions = conditions.filter_map(|condition| condition.last_transition_time.as_ref());
    let containers = status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .flatten();
    let runs = containers.flat_map(|container| {
        let runs = [&container.state, &container.last_state];
        runs.into_iter().flatten().filter_map(|state| {
            let running = state.running.as_ref().and_then(|run| run.started_at.as_ref());
            let ended = state.terminated.as_ref().and_then(|run| run.finished_at.as_ref());
            running.or(ended)
        })
    });
    conditions
        .chain(runs)
        .chain(status.start_time.as_ref())
        .map(|time| time.0)
        .max()
}

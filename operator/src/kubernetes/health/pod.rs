//! Why pods are not ready.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::ResourceExt as _;

use crate::kubernetes::{health::text::shortened, names};

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

/// Why the worst of these pods is not ready.
pub fn why(pods: &[&Arc<Pod>]) -> Option<String> {
    pods.iter()
        .filter_map(|pod| trouble(pod))
        .max_by_key(|(weight, _)| *weight)
        .map(|(_, why)| why)
}

/// Why a pod is not ready, with a weight: more specific reasons have a higher weight.
fn trouble(pod: &Pod) -> Option<(u8, String)> {
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
        return Some((3, format!("pod {name}: {reason}: {message}")));
    }
    if status.phase.as_deref() == Some("Failed") {
        let reason = status.reason.as_deref().unwrap_or("Failed");
        let message = status.message.as_deref().map(shortened).unwrap_or_default();
        return Some((2, format!("pod {name}: {reason}: {message}")));
    }
    let containers = status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .flatten();
    let waiting = containers
        .filter_map(container_trouble)
        .max_by_key(|(weight, _)| *weight);
    if let Some((weight, why)) = waiting {
        return Some((weight, format!("pod {name}: {why}")));
    }
    let ready = condition("Ready").is_some_and(|condition| condition.status == "True");
    (!ready).then(|| (0, format!("pod {name}: started, does not answer yet")))
}

fn container_trouble(container: &ContainerStatus) -> Option<(u8, String)> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    match waiting.reason.as_deref().unwrap_or("Waiting") {
        "ContainerCreating" | "PodInitializing" => Some((1, "starting".to_owned())),
        // Its message contains the remaining seconds, which would change the status all the time.
        "CrashLoopBackOff" => {
            let last = container
                .last_state
                .as_ref()
                .and_then(|state| state.terminated.as_ref());
            let how = last.map_or_else(String::new, |last| {
                format!(
                    ": exited with code {} ({})",
                    last.exit_code,
                    last.reason.as_deref().unwrap_or("Error")
                )
            });
            Some((4, format!("CrashLoopBackOff: container {}{how}", container.name)))
        }
        // The two reasons alternate, and their messages are very long.
        "ErrImagePull" | "ImagePullBackOff" => Some((
            4,
            format!("ImagePullBackOff: cannot pull image {}", container.image),
        )),
        reason => {
            let message = waiting
                .message
                .as_deref()
                .map(|text| format!(": {}", shortened(text)));
            Some((4, format!("{reason}{}", message.unwrap_or_default())))
        }
    }
}

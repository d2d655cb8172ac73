//! Volumes that a pod waits for, of which only events tell.

use crate::{
    kubernetes::health::{
        patience::{Failures, Patience},
        text::shortened,
        trouble::Trouble,
    },
    model::events::Event,
};

/// What keeps a pod from getting so far that its containers can start.
const FAILED: &[&str] = &["FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"];
/// What the kubelet says of a volume's Secret or `ConfigMap` that is not there, or lacks a key.
const MISSING: &[&str] = &["not found", "non-existent"];

/// What the kubelet does once a pod has its volumes.
const LATER: &[&str] = &["Pulling", "Pulled", "Created", "Started"];

/// Why the volumes of a pod cannot be had.
pub(super) fn trouble(events: &[Event]) -> Option<Trouble> {
    let latest = events
        .iter()
        .filter(|event| FAILED.contains(&event.reason.as_str()))
        .max_by_key(|event| event.last)?;
    let is_over = events
        .iter()
        .any(|event| LATER.contains(&event.reason.as_str()) && event.last > latest.last);
    if is_over {
        return None;
    }
    let is_missing = latest.reason == "FailedMount"
        && MISSING.iter().any(|word| latest.message.contains(word))
        // A driver registers itself some time after its node has started.
        && !latest.message.contains("driver name");
    let patience = if is_missing {
        Patience::Answered
    } else {
        Patience::Volume
    };
    // The kubelet tries again after half a second, so only time tells.
    let failures = Failures::since(latest.first);
    Some(Trouble {
        weight: 4,
        text: format!("{}: {}", latest.reason, shortened(&latest.message)),
        brief: "cannot have its volumes",
        lasts_from: Some(patience.ends(&failures)),
    })
}

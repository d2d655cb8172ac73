//! The health of a `DaemonSet`.

use k8s_openapi::api::apps::v1::DaemonSet;

use crate::{
    kubernetes::health::{evidence::Evidence, generation::observed},
    model::health::Health,
};

/// The health of a `DaemonSet`.
pub fn daemon_set(name: &str, set: Option<&DaemonSet>, evidence: &Evidence<'_>) -> Health {
    let Some(set) = set else {
        return Health::Waiting(format!("DaemonSet {name}: not created yet"));
    };
    let status = set.status.clone().unwrap_or_default();
    if !observed(set.metadata.generation, status.observed_generation) {
        return Health::Waiting(format!("DaemonSet {name}: the last change is not rolled out yet"));
    }
    let desired = status.desired_number_scheduled;
    let ready = status.number_ready;
    let updated = status.updated_number_scheduled.unwrap_or(0);
    if ready >= desired && updated >= desired {
        return Health::Ready;
    }
    let message = if ready >= desired {
        format!("DaemonSet {name}: {updated} of {desired} pods updated")
    } else {
        format!("DaemonSet {name}: {ready} of {desired} ready")
    };
    let trouble = evidence.worst_of(set.metadata.uid.as_deref());
    evidence.health(&message, trouble.as_ref())
}

//! The health of a `StatefulSet`.

use k8s_openapi::api::apps::v1::StatefulSet;

use crate::{
    kubernetes::health::{evidence::Evidence, generation::observed},
    model::health::Health,
};

/// The health of a `StatefulSet`.
pub fn stateful_set(name: &str, set: Option<&StatefulSet>, evidence: &Evidence<'_>) -> Health {
    let Some(set) = set else {
        return Health::Waiting(format!("StatefulSet {name}: not created yet"));
    };
    let status = set.status.clone().unwrap_or_default();
    let desired = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    if !observed(set.metadata.generation, status.observed_generation) {
        return Health::Waiting(format!(
            "StatefulSet {name}: the last change is not rolled out yet"
        ));
    }
    let ready = status.ready_replicas.unwrap_or(0);
    let updated = status.updated_replicas.unwrap_or(0);
    if ready >= desired && updated >= desired && status.current_revision == status.update_revision {
        return Health::Ready;
    }
    let message = if ready >= desired {
        format!("StatefulSet {name}: {updated} of {desired} replicas updated")
    } else {
        format!("StatefulSet {name}: {ready} of {desired} ready")
    };
    let trouble = evidence.worst_of(set.metadata.uid.as_deref());
    evidence.health(&message, trouble.as_ref())
}

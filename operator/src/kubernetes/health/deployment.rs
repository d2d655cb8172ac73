//! The health of a Deployment.

use k8s_openapi::{
    api::apps::v1::{Deployment, DeploymentCondition},
    apimachinery::pkg::apis::meta::v1::Time,
};

use crate::{
    kubernetes::health::{evidence::Evidence, generation::observed, refusal, trouble::Trouble},
    model::health::Health,
};

/// The health of a Deployment; `required` replicas are enough, or all if `None`.
///
/// An autoscaler that adds replicas must not make the platform unready, hence `required`.
pub fn deployment(
    name: &str,
    deployment: Option<&Deployment>,
    required: Option<i32>,
    evidence: &Evidence<'_>,
) -> Health {
    let Some(deployment) = deployment else {
        return Health::Waiting(format!("Deployment {name}: not created yet"));
    };
    let status = deployment.status.clone().unwrap_or_default();
    let desired = deployment
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let required = required.unwrap_or(desired).min(desired);
    let available = status.available_replicas.unwrap_or(0);
    let updated = status.updated_replicas.unwrap_or(0);
    let total = status.replicas.unwrap_or(0);
    if !observed(deployment.metadata.generation, status.observed_generation) {
        return Health::Waiting(format!(
            "Deployment {name}: the last change is not rolled out yet"
        ));
    }
    let finished = updated >= required && total == updated;
    if finished && available >= required {
        return Health::Ready;
    }
    let message = if available >= required {
        format!(
            "Deployment {name}: {updated} of {desired} replicas updated, {} old left",
            total - updated
        )
    } else {
        format!("Deployment {name}: {available} of {desired} ready")
    };
    let trouble = evidence.worst().or_else(|| refused(deployment));
    let health = evidence.health(&message, trouble.as_ref());
    match (health, condition(deployment, "Progressing", "False")) {
        (Health::Waiting(message), Some(_)) => Health::Failed(message),
        (health, _) => health,
    }
}

/// Why a Deployment gets no pods.
pub(super) fn refused(deployment: &Deployment) -> Option<Trouble> {
    let failure = condition(deployment, "ReplicaFailure", "True")?;
    let since = failure.last_transition_time.as_ref();
    Some(refusal::reported(
        failure.message.as_deref().unwrap_or_default(),
        since.map_or_else(Default::default, |since| since.0),
    ))
}

fn condition<'a>(deployment: &'a Deployment, type_: &str, status: &str) -> Option<&'a DeploymentCondition> {
    let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
    conditions
        .iter()
        .find(|condition| condition.type_ == type_ && condition.status == status)
}

/// When the last rollout of a Deployment was finished.
pub fn rolled_out_since(deployment: &Deployment) -> Option<Time> {
    let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
    let finished = conditions.iter().find(|condition| {
        condition.type_ == "Progressing" && condition.reason.as_deref() == Some("NewReplicaSetAvailable")
    })?;
    finished.last_update_time.clone()
}

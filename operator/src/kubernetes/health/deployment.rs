//! The health of a Deployment.

use std::sync::Arc;

use k8s_openapi::{
    api::{apps::v1::Deployment, core::v1::Pod},
    apimachinery::pkg::apis::meta::v1::Time,
};

use crate::{
    kubernetes::health::{generation::observed, pod::why},
    model::health::Health,
};

/// The health of a Deployment; `required` replicas are enough, or all if `None`.
///
/// An autoscaler that adds replicas must not make the platform unready, hence `required`.
pub fn deployment(
    name: &str,
    deployment: Option<&Deployment>,
    required: Option<i32>,
    pods: &[&Arc<Pod>],
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
    let condition = |type_: &str, expected: &str| {
        status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == type_ && condition.status == expected)
            .map(|condition| condition.message.clone().unwrap_or_default())
    };
    if !observed(deployment.metadata.generation, status.observed_generation) {
        return Health::Waiting(format!(
            "Deployment {name}: the last change is not rolled out yet"
        ));
    }
    let finished = updated >= required && total == updated;
    if finished && available >= required {
        return Health::Ready;
    }
    let why = why(pods)
        .or_else(|| condition("ReplicaFailure", "True"))
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    let message = if available >= required {
        format!(
            "Deployment {name}: {updated} of {desired} replicas updated, {} old left{why}",
            total - updated
        )
    } else {
        format!("Deployment {name}: {available} of {desired} ready{why}")
    };
    match condition("Progressing", "False") {
        Some(_) => Health::Failed(message),
        None => Health::Waiting(message),
    }
}

/// When the last rollout of a Deployment was finished.
pub fn rolled_out_since(deployment: &Deployment) -> Option<Time> {
    let conditions = deployment.status.as_ref()?.conditions.as_ref()?;
    let finished = conditions.iter().find(|condition| {
        condition.type_ == "Progressing" && condition.reason.as_deref() == Some("NewReplicaSetAvailable")
    })?;
    finished.last_update_time.clone()
}

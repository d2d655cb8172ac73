//! Carries drills on: kills the pod that is due, and writes what each has shown.

use std::time::Duration;

use fdp_crds::{ResilienceDrill, drill::ResilienceDrillStatus};
use k8s_openapi::{api::core::v1::Pod, jiff::Timestamp};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, Preconditions},
    core::ApiResource,
};

use crate::{
    controller::{
        api_call::{ApiCall, retry_after, send},
        context::Context,
        platform::PlatformKey,
        status,
        target_cluster::TargetCluster,
    },
    model::observed::Observed,
    plan::drills::{Drilled, Kill, without_platform},
    telemetry,
};

/// A drill could not be carried on.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    #[error("write the status of ResilienceDrill {name}")]
    Status {
        name: String,
        #[source]
        source: kube::Error,
    },
    #[error("kill Pod {pod} for a drill")]
    Kill {
        pod: String,
        #[source]
        source: kube::Error,
    },
}

impl DrillError {
    /// The `Retry-After` of the API server.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { source, .. } | Self::Kill { source, .. } => retry_after(source),
        }
    }
}

/// Kills the pod that is due, and writes the status of each drill that has changed.
pub(super) async fn carry_on(
    context: &Context,
    cluster: &TargetCluster,
    drilled: &Drilled,
    observed: &Observed,
) -> Result<(), DrillError> {
    for (name, status) in &drilled.statuses {
        let drill = observed.drills.iter().find(|drill| drill.name_any() == *name);
        if let Some(drill) = drill {
            report(context, drill, status).await?;
        }
    }
    let namespace = observed.drills.first().and_then(|drill| drill.namespace());
    match (&drilled.kill, namespace) {
        (Some(due), Some(namespace)) => kill(cluster, &namespace, due).await,
        _ => Ok(()),
    }
}

/// Says of the drills of a platform that does not exist that nothing can be drilled.
pub(super) async fn end_without_platform(context: &Context, platform: &PlatformKey) {
    for drill in context.caches.drills.of(&platform.namespace, &platform.name) {
        let status = without_platform(&drill, Timestamp::now());
        if let Err(error) = report(context, &drill, &status).await {
            tracing::warn!(error = %crate::connect::chain(&error), "a drill has no platform");
        }
    }
}

async fn report(
    context: &Context,
    drill: &ResilienceDrill,
    new: &ResilienceDrillStatus,
) -> Result<(), DrillError> {
    if drill.status.as_ref() == Some(new) {
        return Ok(());
    }
    let (name, namespace) = (drill.name_any(), drill.namespace().unwrap_or_default());
    let resource = ApiResource::erase::<ResilienceDrill>(&());
    match status::write(&context.client, &resource, (&namespace, &name), new).await {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(source) => return Err(DrillError::Status { name, source }),
    }
    let had_verdict = |status: &ResilienceDrillStatus| (status.run.clone(), status.verdict);
    let is_new = drill.status.as_ref().map(had_verdict) != Some(had_verdict(new));
    if let Some(verdict) = new.verdict.filter(|_| is_new) {
        telemetry::drilled(verdict.as_str());
        let why = new.message.as_deref().unwrap_or_default();
        tracing::info!(
            drill = name,
            namespace,
            verdict = verdict.as_str(),
            why,
            "a drill has its verdict"
        );
    }
    Ok(())
}

/// Deletes a pod at once, as a node that dies does; not one of the same name that has come since.
async fn kill(cluster: &TargetCluster, namespace: &str, due: &Kill) -> Result<(), DrillError> {
    let api = Api::<Pod>::namespaced(cluster.client.clone(), namespace);
    let parameters = DeleteParams {
        grace_period_seconds: Some(0),
        preconditions: Some(Preconditions {
            uid: Some(due.uid.clone()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let call = ApiCall {
        verb: "delete",
        kind: "Pod",
        name: &due.pod,
    };
    match send(call, api.delete(&due.pod, &parameters)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(refused)) if [404, 409].contains(&refused.code) => Ok(()),
        Err(source) => Err(DrillError::Kill {
            pod: due.pod.clone(),
            source,
        }),
    }
}

//! Carries drills on: kills the pod that is due, and writes what each has shown.

use std::time::Duration;

use fdp_crds::{
    ResilienceDrill,
    drill::{ResilienceDrillStatus, Verdict},
};
use k8s_openapi::{api::core::v1::Pod, jiff::Timestamp};
use kube::{
    Api, Resource as _, ResourceExt as _,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde_json::json;

use crate::{
    controller::{
        api_call::{ApiCall, retry_after, send},
        context::Context,
        platform::PlatformKey,
        target_cluster::TargetCluster,
    },
    kubernetes::names,
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
        let mut status = without_platform(&drill, Timestamp::now());
        status.observed_generation = drill.metadata.generation;
        if let Err(error) = report(context, &drill, &status).await {
            tracing::warn!(error = %crate::connect::chain(&error), "a drill has no platform");
        }
    }
}

async fn report(
    context: &Context,
    drill: &ResilienceDrill,
    status: &ResilienceDrillStatus,
) -> Result<(), DrillError> {
    if drill.status.as_ref() == Some(status) {
        return Ok(());
    }
    let (name, namespace) = (drill.name_any(), drill.namespace().unwrap_or_default());
    let api = Api::<ResilienceDrill>::namespaced(context.client.clone(), &namespace);
    let patch = json!({
        "apiVersion": ResilienceDrill::api_version(&()),
        "kind": ResilienceDrill::kind(&()),
        "metadata": { "name": name },
        "status": status,
    });
    let call = ApiCall {
        verb: "patch",
        kind: "ResilienceDrill/status",
        name: &name,
    };
    let parameters = PatchParams::apply(names::MANAGER).force();
    match send(call, api.patch_status(&name, &parameters, &Patch::Apply(&patch))).await {
        Ok(_) => {}
        // It was deleted in the meantime.
        Err(kube::Error::Api(refused)) if refused.code == 404 => return Ok(()),
        Err(source) => return Err(DrillError::Status { name, source }),
    }
    let had_verdict = |status: &ResilienceDrillStatus| (status.run.clone(), status.verdict);
    let is_new = drill.status.as_ref().map(had_verdict) != Some(had_verdict(status));
    if let Some(verdict) = status.verdict.filter(|_| is_new) {
        telemetry::drilled(word(verdict));
        let why = status.message.as_deref().unwrap_or_default();
        tracing::info!(
            drill = name,
            namespace,
            verdict = word(verdict),
            why,
            "a drill has its verdict"
        );
    }
    Ok(())
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "Passed",
        Verdict::Failed => "Failed",
        Verdict::Inconclusive => "Inconclusive",
        Verdict::Aborted => "Aborted",
    }
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

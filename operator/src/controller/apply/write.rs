//! Writes one object by server-side apply, unless somebody else created it.

use std::time::Duration;

use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    core::DynamicObject,
};
use serde_json::{Value, json};

use crate::{
    controller::{
        api_call::{ApiCall, namespace_ends, retry_after, send},
        apply::node_ports::{self, Taken},
        caches::compact::trim,
        target_cluster::TargetCluster,
    },
    kubernetes::{field_path, names},
    model::object::Planned,
    plan::{
        compared::Compared,
        ownership::{NotOurs, may_write},
    },
    spec::Validated,
};

/// Why an object could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error(transparent)]
    Rejected(#[from] kube::Error),
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    #[error(transparent)]
    PortTaken(#[from] Taken),
}

impl WriteError {
    /// A message of one line.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Rejected(error) => describe(error),
            Self::NotOurs(error) => error.to_string(),
            Self::PortTaken(error) => error.to_string(),
        }
    }

    /// Whether the namespace is being deleted, so that nothing can be created in it any more.
    pub(super) fn namespace_ends(&self) -> bool {
        match self {
            Self::Rejected(error) => namespace_ends(error),
            Self::NotOurs(_) | Self::PortTaken(_) => false,
        }
    }

    /// The `Retry-After` of the API server.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(error) => retry_after(error),
            Self::NotOurs(_) | Self::PortTaken(_) => None,
        }
    }
}

/// The error as a message of one line.
pub(super) fn describe(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

/// Writes an object; returns it as the API server stored it.
pub(super) async fn write(
    cluster: &TargetCluster,
    platform: &Validated,
    object: &Compared<'_>,
) -> Result<DynamicObject, WriteError> {
    let planned = object.planned;
    let api =
        Api::<DynamicObject>::namespaced_with(cluster.client.clone(), &platform.namespace, &planned.resource);
    let name = planned.object.name_any();
    let call = |verb| ApiCall {
        verb,
        kind: &planned.resource.kind,
        name: &name,
    };
    if planned.generated && object.live.is_none() {
        // Unlike a patch, this fails if the object exists.
        let parameters = PostParams {
            field_manager: Some(names::MANAGER.to_owned()),
            ..Default::default()
        };
        match send(call("create"), api.create(&parameters, &planned.object)).await {
            Ok(created) => return Ok(trimmed(created)),
            // It was observed, so the plan has its values.
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(error.into()),
        }
    }
    if object.live.is_none() {
        // The caches hold only objects with our label. An object of the same name without it is not ours, and must not
        // be overwritten.
        let existing = send(call("get"), api.get_metadata_opt(&name)).await?;
        if existing.is_some_and(|existing| !may_write(&existing.metadata, platform)) {
            return Err(NotOurs::new(&planned.key(), platform).into());
        }
    }
    if let Some(replicas) = planned.hand_over_replicas {
        // When the first manager drops the field, it keeps its value only if a second manager owns it.
        let replicas_only = json!({
            "apiVersion": planned.resource.api_version,
            "kind": planned.resource.kind,
            "metadata": { "name": name },
            "spec": { "replicas": replicas },
        });
        let parameters = PatchParams::apply(names::REPLICAS_MANAGER).force();
        send(
            call("patch"),
            api.patch(&name, &parameters, &Patch::Apply(&replicas_only)),
        )
        .await?;
    }
    if let Some(live) = object.live
        && let Some(left) = left_to_others(planned, live)
    {
        let parameters = PatchParams::apply(names::UNMANAGED_MANAGER).force();
        send(call("patch"), api.patch(&name, &parameters, &Patch::Apply(&left))).await?;
    }
    let parameters = PatchParams::apply(names::MANAGER).force();
    let object = Patch::Apply(&*planned.object);
    match send(call("patch"), api.patch(&name, &parameters, &object)).await {
        Ok(applied) => Ok(trimmed(applied)),
        Err(error) => Err(match node_ports::taken(cluster, planned, &error).await {
            Some(taken) => taken.into(),
            None => error.into(),
        }),
    }
}

/// The fields that are left to others, with their present values: a field that its only owner gives up would be removed.
fn left_to_others(planned: &Planned, live: &DynamicObject) -> Option<Value> {
    if planned.unmanaged.is_empty() {
        return None;
    }
    let mut left = json!({
        "apiVersion": planned.resource.api_version,
        "kind": planned.resource.kind,
        "metadata": { "name": planned.object.name_any() },
    });
    for path in &planned.unmanaged {
        field_path::copy(&live.data, &mut left, path);
    }
    Some(left)
}

fn trimmed(mut object: DynamicObject) -> DynamicObject {
    trim(&mut object.metadata);
    object
}

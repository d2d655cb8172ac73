//! Step three: applies the plan to the cluster, writing only what differs.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, stream};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
    core::{ApiResource, DynamicObject},
};
use serde_json::json;

use crate::{
    controller::{
        api_call::{ApiCall, retry_after, send},
        caches::compact::trim,
        target_cluster::TargetCluster,
    },
    kubernetes::{
        drift::{self, Difference},
        names,
    },
    model::{
        assessment::Unwritten,
        object::{ObjectKey, Planned},
        observed::Children,
    },
    plan::{Plan, rollout},
    spec::{ADOPT, Validated},
    telemetry,
};

/// Objects of one wave that are written at the same time.
const CONCURRENT_WRITES: usize = 8;

/// What was done to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub object: ObjectKey,
    pub kind: ChangeKind,
}

/// Why an object was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was missing.
    Created,
    /// The plan had changed; pods are replaced for that reason, if any are.
    Updated { rollout: Option<String> },
    /// That field was changed by another client.
    Restored { field: String },
    /// It is no longer planned.
    Deleted,
}

/// The result of applying a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    pub changes: Vec<Change>,
    /// The written objects, as the API server returned them.
    pub written: Vec<(ApiResource, Arc<DynamicObject>)>,
    pub unwritten: Unwritten,
    /// Some objects are being deleted, which has to be waited for.
    pub deleting: bool,
    /// The `Retry-After` of the API server.
    pub retry_after: Option<Duration>,
}

/// Applies a plan, in its order, and removes what is no longer planned.
///
/// A rejected object does not stop the others, except those that depend on it.
pub async fn apply(
    cluster: &TargetCluster,
    platform: &Validated,
    plan: &Plan,
    children: &Children,
) -> Outcome {
    let mut outcome = Outcome::default();
    let held_back = rollout::held_back(&plan.objects, children);
    let mut due = Vec::new();
    for planned in &plan.objects {
        let key = planned.key();
        let live = children.get(&key);
        let difference = drift::difference(planned, live.map(AsRef::as_ref));
        match difference {
            Difference::None => continue,
            Difference::Leaving => {
                outcome.deleting = true;
                // The passwords go with it, so nothing may be created with them any more.
                if planned.generated {
                    return outcome;
                }
                continue;
            }
            _ if platform.suspend => {
                outcome.unwritten.suspended.push(key.to_string());
                continue;
            }
            Difference::Missing | Difference::Outdated | Difference::Drifted(_) => {}
        }
        if let Some(why) = held_back.get(&key) {
            outcome.unwritten.waiting.push(format!("{key} waits for {why}"));
            continue;
        }
        due.push(Due {
            planned,
            live,
            difference,
        });
    }
    // Generated passwords come first and must be stored, or other objects would use passwords that are lost.
    let (generated, due): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.planned.generated);
    for secret in generated {
        let result = write(cluster, platform, &secret).await;
        let rejected = result.is_err();
        outcome.record(cluster, platform, secret, result);
        if rejected {
            return outcome;
        }
    }
    for wave in due.chunk_by(|one, next| one.planned.wave == next.planned.wave) {
        let mut results = stream::iter(wave)
            .map(|due| async move { (due.clone(), write(cluster, platform, due).await) })
            .buffered(CONCURRENT_WRITES);
        while let Some((due, result)) = results.next().await {
            outcome.record(cluster, platform, due, result);
        }
    }
    prune(cluster, platform, plan, children, &mut outcome).await;
    outcome
}

/// An object that has to be written, and why.
#[derive(Clone)]
struct Due<'a> {
    planned: &'a Planned,
    live: Option<&'a Arc<DynamicObject>>,
    difference: Difference,
}

impl Outcome {
    /// Records the result of a write.
    fn record(
        &mut self,
        cluster: &TargetCluster,
        platform: &Validated,
        due: Due<'_>,
        result: Result<DynamicObject, WriteError>,
    ) {
        let key = due.planned.key();
        match result {
            Ok(object) => {
                let cached_version = due.live.and_then(|live| live.resource_version());
                cluster.writes.remember(
                    &platform.namespace,
                    &due.planned.resource,
                    cached_version,
                    &object,
                );
                self.written
                    .push((due.planned.resource.clone(), Arc::new(object)));
                self.changes.push(Change {
                    kind: change(due.planned, due.live, due.difference),
                    object: key,
                });
            }
            Err(error) => {
                self.retry_after = self.retry_after.max(error.retry_after());
                self.unwritten
                    .refused
                    .push(format!("{key}: {}", error.describe()));
            }
        }
    }
}

/// Why an object could not be written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Rejected(#[from] kube::Error),
    #[error(
        "it is there already and was not made for this platform: delete it, or take it over with the annotation \
         {annotation}: \"true\" on the platform",
        annotation = ADOPT
    )]
    NotOurs,
}

impl WriteError {
    /// A message of one line.
    fn describe(&self) -> String {
        match self {
            Self::Rejected(error) => describe(error),
            Self::NotOurs => self.to_string(),
        }
    }

    /// The `Retry-After` of the API server.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(error) => retry_after(error),
            Self::NotOurs => None,
        }
    }
}

fn change(planned: &Planned, live: Option<&Arc<DynamicObject>>, difference: Difference) -> ChangeKind {
    match (difference, live) {
        (Difference::Drifted(field), _) => {
            telemetry::drift_corrected(&planned.resource.kind);
            ChangeKind::Restored { field }
        }
        (_, Some(live)) => ChangeKind::Updated {
            rollout: drift::rollout_reason(&planned.object, live),
        },
        (_, None) => ChangeKind::Created,
    }
}

async fn write(
    cluster: &TargetCluster,
    platform: &Validated,
    due: &Due<'_>,
) -> Result<DynamicObject, WriteError> {
    let planned = due.planned;
    let api =
        Api::<DynamicObject>::namespaced_with(cluster.client.clone(), &platform.namespace, &planned.resource);
    let name = planned.object.name_any();
    let call = |verb| ApiCall {
        verb,
        kind: &planned.resource.kind,
        name: &name,
    };
    if planned.generated && due.live.is_none() {
        // Unlike a patch, this fails if the object exists after all.
        let parameters = PostParams {
            field_manager: Some(names::MANAGER.to_owned()),
            ..Default::default()
        };
        let created = send(call("create"), api.create(&parameters, &planned.object)).await?;
        return Ok(trimmed(created));
    }
    if due.live.is_none() && !platform.adopts {
        // The caches hold only objects with our label. An object of that name without it is not ours to overwrite.
        let existing = send(call("get"), api.get_metadata_opt(&name)).await?;
        if existing.is_some_and(|existing| !is_ours(&existing.metadata, platform)) {
            return Err(WriteError::NotOurs);
        }
    }
    if let Some(replicas) = planned.hand_over_replicas {
        // The field keeps its value when its first manager drops it only if it has a second one.
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
    let parameters = PatchParams::apply(names::MANAGER).force();
    let object = Patch::Apply(&*planned.object);
    let applied = send(call("patch"), api.patch(&name, &parameters, &object)).await?;
    Ok(trimmed(applied))
}

/// Whether an object was created for this platform, even if a label was removed from it.
pub(crate) fn is_ours(metadata: &ObjectMeta, platform: &Validated) -> bool {
    let owners = metadata.owner_references.iter().flatten();
    let mut controllers = owners.filter(|owner| owner.controller == Some(true)).peekable();
    if controllers.peek().is_some() {
        return controllers.any(|owner| belongs_to(owner, platform));
    }
    let label = |name: &str| metadata.labels.as_ref()?.get(name).cloned();
    label(names::PLATFORM_LABEL).as_ref() == Some(&platform.name)
        && label(names::MANAGED_BY_LABEL).as_deref() == Some(names::MANAGER)
}

fn trimmed(mut object: DynamicObject) -> DynamicObject {
    trim(&mut object.metadata);
    object
}

async fn prune(
    cluster: &TargetCluster,
    platform: &Validated,
    plan: &Plan,
    children: &Children,
    outcome: &mut Outcome,
) {
    for (key, resource, object) in children.iter() {
        if plan.contains(key)
            || plan.keeps(object)
            || !is_owned(object, platform)
            || object.metadata.deletion_timestamp.is_some()
        {
            continue;
        }
        if platform.suspend {
            outcome.unwritten.suspended.push(key.to_string());
            continue;
        }
        let api =
            Api::<DynamicObject>::namespaced_with(cluster.client.clone(), &platform.namespace, resource);
        let parameters = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: Some(Preconditions {
                uid: object.uid(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let call = ApiCall {
            verb: "delete",
            kind: &resource.kind,
            name: &key.name,
        };
        match send(call, api.delete(&key.name, &parameters)).await {
            Ok(_) => outcome.changes.push(Change {
                object: key.clone(),
                kind: ChangeKind::Deleted,
            }),
            // It was deleted in the meantime.
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => outcome
                .unwritten
                .refused
                .push(format!("{key}: delete: {}", describe(&error))),
        }
    }
}

/// Whether this very platform owns an object, not a former platform of the same name.
pub(crate) fn is_owned(object: &DynamicObject, platform: &Validated) -> bool {
    object
        .owner_references()
        .iter()
        .any(|owner| owner.controller == Some(true) && belongs_to(owner, platform))
}

fn belongs_to(owner: &OwnerReference, platform: &Validated) -> bool {
    platform.owner.as_ref().is_some_and(|own| own.uid == owner.uid)
}

/// The error as a message of one line.
fn describe(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

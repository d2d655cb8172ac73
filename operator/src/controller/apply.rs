//! Step three: makes the cluster look like the plan, writing only what differs.

use std::sync::Arc;

use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
    core::{ApiResource, DynamicObject},
};
use serde_json::json;

use super::Context;
use crate::{
    plan::{
        Plan,
        conditions::Unwritten,
        drift::{self, Difference},
        names,
        object::{ObjectKey, Planned},
        observed::Children,
        validated::Validated,
    },
    telemetry,
};

/// What was done to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub object: ObjectKey,
    pub kind: ChangeKind,
}

/// Why an object was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there.
    Created,
    /// The plan had changed; pods are replaced for that reason, if any are.
    Updated { rollout: Option<String> },
    /// Somebody else had changed that field.
    Restored { field: String },
    /// It is no longer planned.
    Deleted,
}

/// What applying a plan came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub changes: Vec<Change>,
    /// The written objects, as the API server answered them.
    pub written: Vec<(ApiResource, Arc<DynamicObject>)>,
    pub unwritten: Unwritten,
    /// Some objects are on their way out and have to be waited for.
    pub leaving: bool,
}

/// Applies a plan, in its order, and removes what is no longer planned.
///
/// A refused object does not stop the others, except where they could not live without it.
pub async fn apply(context: &Context, platform: &Validated, plan: &Plan, children: &Children) -> Outcome {
    let mut outcome = Outcome::default();
    for planned in &plan.objects {
        let key = planned.key();
        let live = children.get(&key);
        let difference = drift::difference(planned, live.map(AsRef::as_ref));
        match difference {
            Difference::None => continue,
            Difference::Leaving => {
                outcome.leaving = true;
                // The passwords leave with it, so nothing may be made with them any more.
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
        match write(context, &platform.namespace, planned, live.is_some()).await {
            Ok(object) => {
                let object = Arc::new(object);
                let cached_version = live.and_then(|live| live.resource_version());
                context.writes.remember(
                    &platform.namespace,
                    &planned.resource,
                    cached_version,
                    Arc::clone(&object),
                );
                outcome.written.push((planned.resource.clone(), object));
                outcome.changes.push(Change {
                    kind: change(planned, live, difference),
                    object: key,
                });
            }
            Err(error) => {
                outcome
                    .unwritten
                    .refused
                    .push(format!("{key}: {}", describe(&error)));
                // Everybody would get a password that nobody keeps.
                if planned.generated {
                    return outcome;
                }
            }
        }
    }
    prune(context, platform, plan, children, &mut outcome).await;
    outcome
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
    context: &Context,
    namespace: &str,
    planned: &Planned,
    there: bool,
) -> kube::Result<DynamicObject> {
    let api = Api::<DynamicObject>::namespaced_with(context.client.clone(), namespace, &planned.resource);
    let name = planned.object.name_any();
    if planned.generated && !there {
        // Unlike a patch, this fails if the object is there after all.
        let parameters = PostParams {
            field_manager: Some(names::MANAGER.to_owned()),
            ..Default::default()
        };
        return trimmed(api.create(&parameters, &planned.object).await);
    }
    if let Some(replicas) = planned.hand_over_replicas {
        // With a second owner the field keeps its value when the first one drops it.
        let held = json!({
            "apiVersion": planned.resource.api_version,
            "kind": planned.resource.kind,
            "metadata": { "name": name },
            "spec": { "replicas": replicas },
        });
        let parameters = PatchParams::apply(names::REPLICAS_MANAGER).force();
        api.patch(&name, &parameters, &Patch::Apply(&held)).await?;
    }
    let parameters = PatchParams::apply(names::MANAGER).force();
    trimmed(
        api.patch(&name, &parameters, &Patch::Apply(&*planned.object))
            .await,
    )
}

fn trimmed(answer: kube::Result<DynamicObject>) -> kube::Result<DynamicObject> {
    answer.map(|mut object| {
        object.managed_fields_mut().clear();
        object
    })
}

async fn prune(
    context: &Context,
    platform: &Validated,
    plan: &Plan,
    children: &Children,
    outcome: &mut Outcome,
) {
    for (key, resource, object) in children.iter() {
        if plan.contains(key) || !is_owned(object, platform) || object.metadata.deletion_timestamp.is_some() {
            continue;
        }
        if platform.suspend {
            outcome.unwritten.suspended.push(key.to_string());
            continue;
        }
        let api =
            Api::<DynamicObject>::namespaced_with(context.client.clone(), &platform.namespace, resource);
        let parameters = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: Some(Preconditions {
                uid: object.uid(),
                ..Default::default()
            }),
            ..Default::default()
        };
        match api.delete(&key.name, &parameters).await {
            Ok(_) => outcome.changes.push(Change {
                object: key.clone(),
                kind: ChangeKind::Deleted,
            }),
            // Somebody else was quicker.
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => outcome
                .unwritten
                .refused
                .push(format!("{key}: delete: {}", describe(&error))),
        }
    }
}

/// Whether an object belongs to this very platform, and not to a former one or to a person.
fn is_owned(object: &DynamicObject, platform: &Validated) -> bool {
    object
        .owner_references()
        .iter()
        .any(|owner| owner.controller == Some(true) && Some(&owner.uid) == platform.uid.as_ref())
}

/// What went wrong, in one line that a person can use.
fn describe(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

//! Step three: makes the cluster look like the plan, writing only what differs.

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
        caches::compact::trim,
        patience::{Question, answer, retry_after},
        target::TargetCluster,
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
const AT_A_TIME: usize = 8;

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
    /// How long the API server asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// Applies a plan, in its order, and removes what is no longer planned.
///
/// A refused object does not stop the others, except where they could not live without it.
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
    // Everybody would get a password that nobody keeps, so these come first, and must succeed.
    let (generated, due): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.planned.generated);
    for secret in generated {
        let answer = write(cluster, platform, &secret).await;
        let refused = answer.is_err();
        outcome.take(cluster, platform, secret, answer);
        if refused {
            return outcome;
        }
    }
    for wave in due.chunk_by(|one, next| one.planned.wave == next.planned.wave) {
        let mut answers = stream::iter(wave)
            .map(|due| async move { (due.clone(), write(cluster, platform, due).await) })
            .buffered(AT_A_TIME);
        while let Some((due, answer)) = answers.next().await {
            outcome.take(cluster, platform, due, answer);
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
    fn take(
        &mut self,
        cluster: &TargetCluster,
        platform: &Validated,
        due: Due<'_>,
        answer: Result<DynamicObject, WriteError>,
    ) {
        let key = due.planned.key();
        match answer {
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
    Refused(#[from] kube::Error),
    #[error(
        "it is there already and was not made for this platform: delete it, or take it over with the annotation \
         {annotation}: \"true\" on the platform",
        annotation = ADOPT
    )]
    NotOurs,
}

impl WriteError {
    /// In one line that a person can use.
    fn describe(&self) -> String {
        match self {
            Self::Refused(error) => describe(error),
            Self::NotOurs => self.to_string(),
        }
    }

    /// How long the API server asks to be left alone.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(error) => retry_after(error),
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
    let asked = |verb| Question {
        verb,
        kind: &planned.resource.kind,
        name: &name,
    };
    if planned.generated && due.live.is_none() {
        // Unlike a patch, this fails if the object is there after all.
        let parameters = PostParams {
            field_manager: Some(names::MANAGER.to_owned()),
            ..Default::default()
        };
        let created = answer(asked("create"), api.create(&parameters, &planned.object)).await?;
        return Ok(trimmed(created));
    }
    if due.live.is_none() && !platform.adopts {
        // The copies hold only what carries our label. What somebody else has made under that name stays theirs.
        let there = answer(asked("get"), api.get_metadata_opt(&name)).await?;
        if there.is_some_and(|there| !is_ours(&there.metadata, platform)) {
            return Err(WriteError::NotOurs);
        }
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
        answer(
            asked("patch"),
            api.patch(&name, &parameters, &Patch::Apply(&held)),
        )
        .await?;
    }
    let parameters = PatchParams::apply(names::MANAGER).force();
    let object = Patch::Apply(&*planned.object);
    let applied = answer(asked("patch"), api.patch(&name, &parameters, &object)).await?;
    Ok(trimmed(applied))
}

/// Whether an object was made for this platform, even if somebody has taken a label off it.
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
        let question = Question {
            verb: "delete",
            kind: &resource.kind,
            name: &key.name,
        };
        match answer(question, api.delete(&key.name, &parameters)).await {
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
pub(crate) fn is_owned(object: &DynamicObject, platform: &Validated) -> bool {
    object
        .owner_references()
        .iter()
        .any(|owner| owner.controller == Some(true) && belongs_to(owner, platform))
}

fn belongs_to(owner: &OwnerReference, platform: &Validated) -> bool {
    platform.owner.as_ref().is_some_and(|own| own.uid == owner.uid)
}

/// What went wrong, in one line that a person can use.
fn describe(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

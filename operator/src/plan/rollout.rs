//! The order in which pods are replaced: the stage of each object, and what it waits for.

use std::collections::BTreeMap;

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::Job,
};
use kube::{Resource, core::DynamicObject};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    kubernetes::drift::{self, Difference},
    model::object::{ObjectKey, RolloutStage},
    plan::compared::Compared,
};

/// The objects whose pods must not be replaced yet, each with what it waits for.
///
/// An upgrade runs one stage after the other. It stops at a stage that does not become ready, so that a bad version
/// never reaches later stages. Objects that do not exist yet are created at once, because nothing depends on them.
pub fn held_back(objects: &[Compared<'_>]) -> BTreeMap<ObjectKey, String> {
    let mut unsettled: Vec<(RolloutStage, String)> = Vec::new();
    let mut replacing: Vec<(RolloutStage, ObjectKey)> = Vec::new();
    for object in objects {
        let (planned, stage) = (object.planned, object.planned.rollout_stage);
        if stage == RolloutStage::Anytime {
            continue;
        }
        let key = planned.key();
        let Some(live) = object.live else {
            // A Job with new inputs has a new name, and later stages wait for it. Stages do not wait for other objects
            // that do not exist yet.
            if planned.resource.kind == "Job" {
                unsettled.push((stage, format!("{key}: not created yet")));
            }
            continue;
        };
        match object.difference {
            Difference::None => {
                if let Err(why) = settled(&planned.resource.kind, live) {
                    unsettled.push((stage, format!("{key}: {why}")));
                }
            }
            // Drift is corrected at once, because it is no upgrade.
            Difference::Outdated if drift::rollout_reason(&planned.object, live).is_some() => {
                unsettled.push((stage, format!("{key}: not updated yet")));
                if has_pods(live) {
                    replacing.push((stage, key));
                }
            }
            _ => {}
        }
    }
    replacing
        .into_iter()
        .filter_map(|(stage, key)| {
            let (_, first) = unsettled
                .iter()
                .filter(|(earlier, _)| *earlier < stage)
                .min_by_key(|(earlier, _)| *earlier)?;
            Some((key, first.clone()))
        })
        .collect()
}

/// Whether an object has pods that could be replaced. Services that are paused start all at once.
fn has_pods(live: &DynamicObject) -> bool {
    let none = |field: &str| live.data.pointer(field).and_then(Value::as_i64) == Some(0);
    let counts_none = none("/status/replicas") || live.data.pointer("/status/replicas").is_none();
    !(none("/spec/replicas") && counts_none)
}

/// Whether the last change of an object is rolled out to all its pods; the error says how far it is.
fn settled(kind: &str, live: &DynamicObject) -> Result<(), String> {
    match kind {
        "Deployment" => read::<Deployment>(live).map_or(Ok(()), |deployment| of_deployment(&deployment)),
        "StatefulSet" => read::<StatefulSet>(live).map_or(Ok(()), |set| of_stateful_set(&set)),
        "Job" => read::<Job>(live).map_or(Ok(()), |job| of_job(&job)),
        _ => Ok(()),
    }
}

fn read<K: Resource + DeserializeOwned>(live: &DynamicObject) -> Option<K> {
    live.clone().try_parse().ok()
}

/// Whether the last change of a Deployment is rolled out to all its pods. A pod that fails after the rollout does not
/// count, because it must not delay a change that may fix it.
pub fn of_deployment(deployment: &Deployment) -> Result<(), String> {
    let status = deployment.status.clone().unwrap_or_default();
    if status.observed_generation < deployment.metadata.generation {
        return Err("the last change is not rolled out yet".to_owned());
    }
    let total = status.replicas.unwrap_or(0);
    let updated = status.updated_replicas.unwrap_or(0);
    let finished = status.conditions.iter().flatten().any(|condition| {
        condition.type_ == "Progressing" && condition.reason.as_deref() == Some("NewReplicaSetAvailable")
    });
    if (finished || total == 0) && updated == total {
        return Ok(());
    }
    let available = status.available_replicas.unwrap_or(0);
    let desired = deployment
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    if desired == 0 && total == 0 {
        return Ok(());
    }
    Err(format!(
        "{updated} of {desired} replicas updated, {available} available"
    ))
}

fn of_stateful_set(set: &StatefulSet) -> Result<(), String> {
    let status = set.status.clone().unwrap_or_default();
    if status.observed_generation < set.metadata.generation {
        return Err("the last change is not rolled out yet".to_owned());
    }
    if status.current_revision == status.update_revision {
        return Ok(());
    }
    let desired = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let updated = status.updated_replicas.unwrap_or(0);
    Err(format!("{updated} of {desired} replicas updated"))
}

fn of_job(job: &Job) -> Result<(), String> {
    let complete = job
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .any(|condition| condition.type_ == "Complete" && condition.status == "True");
    complete.then_some(()).ok_or_else(|| "not finished".to_owned())
}

//! Which objects need their events read, and when to look at a platform again although nothing tells that it changed.

use std::{sync::Arc, time::Duration};

use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        batch::v1::Job,
        core::v1::Pod,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
    jiff::{SignedDuration, Timestamp},
};
use kube::core::DynamicObject;

use crate::{
    kubernetes::health::{deployment, generation::observed as is_current, pod, refusal},
    model::observed::Observed,
};

/// How long pods may take to be created, and containers to start, before somebody may have told why they do not.
const SILENCE: SignedDuration = SignedDuration::from_secs(4);
/// How often events are read while an object waits. Nothing else tells of a volume that is missing.
const OFTEN: Duration = Duration::from_secs(5);
/// How often they are read once it has waited for long.
const RARELY: Duration = Duration::from_secs(30);
const LONG: SignedDuration = SignedDuration::from_mins(2);

/// An object that waits for something of which its own status does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    pub uid: String,
    /// Since when it waits.
    since: Timestamp,
}

/// The objects whose events have to be read: none of a platform that is up.
pub fn silent(observed: &Observed) -> Vec<Silent> {
    let pods = observed.pods.iter().filter_map(silent_pod);
    let workloads = observed
        .children
        .iter()
        .filter_map(|(key, _, object)| silent_workload(&key.kind, object));
    pods.chain(workloads)
        .filter(|silent| observed.now.duration_since(silent.since) >= SILENCE || silent.is_told())
        .collect()
}

impl Silent {
    /// Whether a failure was told already, so that only its number is to be read.
    fn is_told(&self) -> bool {
        self.since == Timestamp::MIN
    }
}

/// When to look at a platform again: when a failure has lasted for so long that somebody has to step in, and now and then
/// while an object waits in silence.
pub fn next_look(observed: &Observed) -> Option<Duration> {
    let now = observed.now;
    let pods = observed
        .pods
        .iter()
        .filter_map(|pod| pod::trouble(pod, &observed.events, now));
    let workloads = observed.children.iter().filter_map(|(key, _, object)| {
        if key.kind == "Deployment" {
            return deployment::refused(&read::<Deployment>(object)?);
        }
        refusal::told(observed.events.of(object.metadata.uid.as_deref())?)
    });
    let lasting = pods
        .chain(workloads)
        .filter_map(|trouble| trouble.lasts_from)
        .filter(|from| *from > now)
        // A moment later, so that it is over then.
        .map(|from| until(from, now) + Duration::from_millis(100));
    let silent = observed
        .pods
        .iter()
        .filter_map(silent_pod)
        .chain(
            observed
                .children
                .iter()
                .filter_map(|(key, _, object)| silent_workload(&key.kind, object)),
        )
        .map(|silent| {
            let waited = now.duration_since(silent.since);
            if waited > LONG { RARELY } else { OFTEN }
        });
    lasting.chain(silent).min()
}

fn until(then: Timestamp, now: Timestamp) -> Duration {
    then.duration_since(now).try_into().unwrap_or_default()
}

/// A pod whose containers do not start.
fn silent_pod(pod: &Arc<Pod>) -> Option<Silent> {
    let status = pod.status.as_ref()?;
    if pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let containers = status
        .init_container_statuses
        .iter()
        .chain(&status.container_statuses)
        .flatten();
    let reasons: Vec<&str> = containers
        .filter_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.as_deref())
        .collect();
    let starts = |reason: &str| ["ContainerCreating", "PodInitializing"].contains(&reason);
    let uid = pod.metadata.uid.clone()?;
    if reasons
        .iter()
        .any(|reason| !starts(reason) && *reason != "CrashLoopBackOff")
    {
        return Some(Silent {
            uid,
            since: Timestamp::MIN,
        });
    }
    // While an init container runs, the others wait for it and for nothing else.
    let is_starting = !reasons.is_empty()
        && reasons.iter().all(|reason| starts(reason))
        && !status.init_container_statuses.iter().flatten().any(|container| {
            container
                .state
                .as_ref()
                .is_some_and(|state| state.running.is_some())
        });
    let since = status.start_time.as_ref()?.0;
    is_starting.then_some(Silent { uid, since })
}

/// A workload with fewer pods than it should have.
fn silent_workload(kind: &str, object: &DynamicObject) -> Option<Silent> {
    let lacks_pods = match kind {
        "StatefulSet" => {
            let set = read::<StatefulSet>(object)?;
            let status = set.status?;
            let desired = set.spec?.replicas.unwrap_or(1);
            is_current(set.metadata.generation, status.observed_generation) && status.replicas < desired
        }
        "DaemonSet" => {
            let set = read::<DaemonSet>(object)?;
            let status = set.status?;
            is_current(set.metadata.generation, status.observed_generation)
                && status.current_number_scheduled < status.desired_number_scheduled
        }
        "Job" => {
            let status = read::<Job>(object)?.status?;
            status.start_time.is_some()
                && status.active.unwrap_or(0) == 0
                && status.succeeded.unwrap_or(0) == 0
                && status.completion_time.is_none()
                && status.conditions.iter().flatten().all(|condition| {
                    condition.status != "True" || !["Complete", "Failed"].contains(&condition.type_.as_str())
                })
        }
        _ => false,
    };
    let ObjectMeta {
        uid,
        creation_timestamp,
        deletion_timestamp: None,
        ..
    } = &object.metadata
    else {
        return None;
    };
    (lacks_pods && uid.is_some()).then(|| Silent {
        uid: uid.clone().unwrap_or_default(),
        since: creation_timestamp
            .as_ref()
            .map_or(Timestamp::UNIX_EPOCH, |time| time.0),
    })
}

fn read<K: kube::Resource + serde::de::DeserializeOwned>(object: &DynamicObject) -> Option<K> {
    object.clone().try_parse().ok()
}

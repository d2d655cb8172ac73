//! Which pod a drill kills next.

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, StatefulSet},
        core::v1::Pod,
    },
    jiff::{SignedDuration, Timestamp},
};
use kube::ResourceExt as _;

use crate::{kubernetes::health, model::observed::Observed, spec::Validated};

/// A pod that is to be deleted without a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    pub pod: String,
    pub uid: String,
}

/// The pod that is due, and the time until the next one is.
///
/// One is due at the beginning of the fault and then each time that `every` has passed. Nothing has to be remembered: a pod
/// that was created, or is being deleted, since then tells that it was done, and so does one that is missing.
pub(super) fn due(
    (platform, part): (&Validated, &str),
    began: Timestamp,
    every: SignedDuration,
    observed: &Observed,
) -> (Option<Kill>, SignedDuration) {
    let passed = observed.now.duration_since(began);
    let ticks = passed.as_secs() / every.as_secs().max(1);
    let tick = began + every.saturating_mul(i32::try_from(ticks).unwrap_or(i32::MAX));
    let next = tick + every;
    let pods = health::pods_of(&observed.pods, part);
    let is_done = |pod: &Pod| {
        let deleted = pod.metadata.deletion_timestamp.as_ref();
        deleted.is_some() || created(pod).is_some_and(|created| created >= tick)
    };
    let is_missing = replicas(&platform.child(part), observed).is_some_and(|replicas| pods.len() < replicas);
    let kill = if is_missing || pods.iter().any(|pod| is_done(pod)) {
        None
    } else {
        pods.iter()
            .min_by_key(|pod| (created(pod), pod.name_any()))
            .map(|pod| Kill {
                pod: pod.name_any(),
                uid: pod.uid().unwrap_or_default(),
            })
    };
    (kill, next.duration_since(observed.now))
}

/// How many pods the workload of that name should have.
fn replicas(name: &str, observed: &Observed) -> Option<usize> {
    let deployment = || observed.children.typed::<Deployment>(name)?.spec?.replicas;
    let stateful_set = || observed.children.typed::<StatefulSet>(name)?.spec?.replicas;
    usize::try_from(deployment().or_else(stateful_set)?).ok()
}

fn created(pod: &Pod) -> Option<Timestamp> {
    pod.creation_timestamp().map(|time| time.0)
}

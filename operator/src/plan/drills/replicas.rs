//! How many replicas an autoscaler gives a service during a drill, and takes away again.

use fdp_crds::drill::{ExpectedReplicas, ReplicasSeen};
use k8s_openapi::{api::apps::v1::Deployment, jiff::Timestamp};

use crate::{model::observed::Observed, spec::Validated};

/// What was seen so far; `load_ended` is when the load ended, if it has.
pub(super) fn seen(
    expected: &ExpectedReplicas,
    before: Option<ReplicasSeen>,
    began: Timestamp,
    load_ended: Option<Timestamp>,
    platform: &Validated,
    observed: &Observed,
) -> ReplicasSeen {
    let mut seen = before.unwrap_or_default();
    let deployment = observed
        .children
        .typed::<Deployment>(&platform.child(&expected.service));
    let Some(status) = deployment.and_then(|deployment| deployment.status) else {
        return seen;
    };
    let ready = status.ready_replicas.unwrap_or_default();
    seen.most = seen.most.max(ready);
    if ready >= expected.at_least && seen.reached_after_seconds.is_none() {
        seen.reached_after_seconds = Some(observed.now.duration_since(began).as_secs());
    }
    if let Some(ended) = load_ended
        && status.replicas.unwrap_or_default() <= expected.back_to
        && seen.back_after_seconds.is_none()
    {
        seen.back_after_seconds = Some(observed.now.duration_since(ended).as_secs());
    }
    seen
}

/// Whether the way back has still time.
pub(super) fn are_waited_for(
    expected: &ExpectedReplicas,
    seen: &ReplicasSeen,
    load_ended: Timestamp,
    now: Timestamp,
) -> bool {
    let waited = now.duration_since(load_ended).as_secs();
    seen.back_after_seconds.is_none() && waited <= i64::from(expected.back_within_seconds)
}

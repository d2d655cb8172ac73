//! The disruption budget of a part.

use k8s_openapi::{
    api::{
        core::v1::Pod,
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use crate::{
    kubernetes::{
        health,
        metadata::{metadata, pods_of},
        names::Component,
    },
    model::{
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::Validated,
};

/// The `PodDisruptionBudget` of a part: one pod may be unavailable, so that a drain does not wait for ever for a single
/// replica.
pub fn budget(platform: &Validated, part: &str, component: Component) -> Planned {
    with_unavailable(platform, part, component, 1)
}

/// The same of a part that an autoscaler may scale: those that find no room may be unavailable too. An autoscaler may ask for
/// more pods than the nodes have room for, and no node could be drained until it asks for fewer.
pub fn budget_of_scaled(
    platform: &Validated,
    part: &str,
    component: Component,
    observed: &Observed,
) -> Planned {
    let pods = health::pods_of(&observed.pods, part);
    let without_room = pods.iter().filter(|pod| finds_no_room(pod)).count();
    let unavailable = i32::try_from(without_room).unwrap_or(i32::MAX).saturating_add(1);
    with_unavailable(platform, part, component, unavailable)
}

fn with_unavailable(platform: &Validated, part: &str, component: Component, unavailable: i32) -> Planned {
    let budget = PodDisruptionBudget {
        metadata: metadata(platform, part, component),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(unavailable)),
            selector: Some(pods_of(platform, part)),
            // A pod that is not ready serves no requests, and must not block a drain.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    Planned::new(Wave::Routing, &budget)
}

fn finds_no_room(pod: &Pod) -> bool {
    health::scheduled(pod).is_some_and(|scheduled| {
        scheduled.status == "False" && scheduled.reason.as_deref() == Some("Unschedulable")
    })
}

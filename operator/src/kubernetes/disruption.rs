//! The disruption budget of a part.

use k8s_openapi::{
    api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

use crate::{
    kubernetes::{
        metadata::{metadata, pods_of},
        names::Component,
    },
    model::object::{Planned, Wave},
    spec::Validated,
};

/// The `PodDisruptionBudget` of a part: one pod may be unavailable, so that a drain does not wait for ever for a single
/// replica.
pub fn budget(platform: &Validated, part: &str, component: Component) -> Planned {
    let budget = PodDisruptionBudget {
        metadata: metadata(platform, part, component),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(pods_of(platform, part)),
            // A pod that is not ready serves no requests, and must not block a drain.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    Planned::new(Wave::Routing, &budget)
}

//! The disruption budget of a part.

use k8s_openapi::{
    api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};

use crate::{
    kubernetes::names::{self, Component},
    model::object::{Planned, Wave},
    spec::Validated,
};

/// The `PodDisruptionBudget` of a part: one pod at a time, so that a drain never waits for a single replica.
pub fn budget(platform: &Validated, part: &str, component: Component) -> Planned {
    let budget = PodDisruptionBudget {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector {
                match_labels: Some(names::selector(&platform.name, part)),
                ..Default::default()
            }),
            // A pod that is not ready serves no requests, and must not block a drain.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    Planned::new(Wave::Routing, &budget)
}

//! What a fault changes in the plan.

use std::sync::Arc;

use kube::ResourceExt as _;
use serde_json::json;

use crate::{
    kubernetes::names,
    model::{object::Planned, observed::Observed},
    plan::drills::turn::{Active, active},
    spec::{Scaling, Validated},
};

/// The platform under the fault that is active at the moment.
#[must_use]
pub fn under_fault(mut platform: Validated, observed: &Observed) -> Validated {
    let fault = active(&platform, observed).map(|active| active.run.fault().clone());
    if let Some(scaled) = fault.and_then(|fault| fault.scaled_to_zero) {
        for settings in &mut platform.services {
            if settings.service.name() == scaled.service {
                settings.scaling = Scaling::Fixed(0);
            }
        }
    }
    platform
}

/// Gives the Deployments whose pods are replaced a template that differs from the one before.
pub fn replace_pods(mut planned: Planned, platform: &Validated, observed: &Observed) -> Planned {
    if planned.resource.kind != "Deployment" {
        return planned;
    }
    let Some(Active { run, .. }) = active(platform, observed) else {
        return planned;
    };
    let part = planned.object.labels().get(names::NAME_LABEL).cloned();
    let is_replaced = part.is_some_and(|part| run.replaced(platform).contains(&part));
    if is_replaced {
        let object = Arc::make_mut(&mut planned.object);
        object.data["spec"]["template"]["metadata"]["annotations"][names::DRILLED_BY] = json!(run.id);
    }
    planned
}

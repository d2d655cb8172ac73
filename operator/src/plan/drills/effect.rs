//! What a fault changes in the plan.

use std::sync::Arc;

use kube::ResourceExt as _;
use serde_json::json;

use crate::{
    kubernetes::names,
    model::{object::Planned, observed::Observed},
    plan::drills::turn::active,
    spec::{Scaling, Validated},
};

/// The platform under the fault that is active at the moment.
#[must_use]
pub fn under_fault(mut platform: Validated, observed: &Observed) -> Validated {
    let Some(active) = active(&platform, observed) else {
        return platform;
    };
    let fault = active.run.fault().clone();
    if let Some(mesh) = &mut platform.mesh {
        mesh.fault = fault.mesh;
    }
    if let Some(scaled) = fault.scaled_to_zero {
        for settings in &mut platform.services {
            if settings.service.name() == scaled.service {
                settings.scaling = Scaling::Fixed(0);
            }
        }
    }
    platform
}

/// A drill that replaces pods at the moment.
pub struct Replacement {
    id: String,
    services: Vec<String>,
}

impl Replacement {
    /// The one that is active, if there is one.
    pub fn of(platform: &Validated, observed: &Observed) -> Option<Self> {
        let active = active(platform, observed)?;
        let round = active.rollout(observed.now).map(|(round, _)| round);
        Some(Self {
            services: active.run.replaced(platform),
            id: match round {
                None | Some(0) => active.run.id,
                Some(round) => format!("{}-{round}", active.run.id),
            },
        })
    }

    /// Gives a Deployment whose pods are replaced a template that differs from the one before.
    pub fn replace_pods(&self, planned: &mut Planned) {
        let part = planned.object.labels().get(names::NAME_LABEL);
        let is_replaced = part.is_some_and(|part| self.services.contains(part));
        if planned.resource.kind == "Deployment" && is_replaced {
            let object = Arc::make_mut(&mut planned.object);
            object.data["spec"]["template"]["metadata"]["annotations"][names::DRILLED_BY] = json!(self.id);
        }
    }
}

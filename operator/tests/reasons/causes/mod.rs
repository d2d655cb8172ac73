//! A cause for each reason: a platform, what became of it, and the condition that says so.

mod around;
mod parts;
mod platform;
mod stores;

use std::sync::LazyLock;

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::model::{
    assessment::{Assessment, Condition},
    reason::Reason,
};
use serde_json::{Value, json};

use crate::world::World;

/// A platform that has a reason.
pub(crate) struct Cause {
    pub(crate) reason: Reason,
    pub(crate) condition: &'static str,
    pub(crate) status: &'static str,
    /// What the message has to name.
    pub(crate) names: &'static str,
    pub(crate) spec: Value,
    pub(crate) assessment: Assessment,
}

impl Cause {
    /// The condition with the reason.
    pub(crate) fn said(&self) -> &Condition {
        let found = self.assessment.condition(self.condition);
        found.unwrap_or_else(|| panic!("{:?}: there is no {}", self.reason, self.condition))
    }

    /// The resource of the platform.
    pub(crate) fn resource(&self) -> FoodDeliveryPlatform {
        serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" }, "spec": self.spec,
            "status": { "version": "1.0.0", "stores": { "postgres": { "provider": "Managed", "image": "postgres:15" } } },
        }))
        .unwrap()
    }
}

/// A cause, where all that counts is the state of the world.
fn cause(
    reason: Reason,
    condition: &'static str,
    status: &'static str,
    names: &'static str,
    world: &World,
) -> Cause {
    told(
        reason,
        condition,
        status,
        names,
        world.spec.clone(),
        world.assessment(),
    )
}

fn told(
    reason: Reason,
    condition: &'static str,
    status: &'static str,
    names: &'static str,
    spec: Value,
    assessment: Assessment,
) -> Cause {
    Cause {
        reason,
        condition,
        status,
        names,
        spec,
        assessment,
    }
}

/// At least one cause for each reason.
pub(crate) fn causes() -> &'static [Cause] {
    // Each takes several plans, which tests need not make anew.
    static CAUSES: LazyLock<Vec<Cause>> = LazyLock::new(all);
    &CAUSES
}

fn all() -> Vec<Cause> {
    let mut causes = platform::healthy();
    causes.extend(parts::parts());
    causes.extend(platform::customers());
    causes.extend(platform::writing());
    causes.extend(platform::stopped());
    causes.extend(stores::secrets());
    causes.extend(stores::stores());
    causes.extend(stores::never_spoken_to());
    causes.extend(around::around());
    causes
}

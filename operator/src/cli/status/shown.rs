//! Reads a platform's resource into what there is to show of it.

use fdp_crds::{
    FoodDeliveryPlatform, FoodDeliveryPlatformSpec, FoodDeliveryPlatformStatus,
    condition::{self, READY},
};
use k8s_openapi::jiff::Timestamp;
use kube::core::DynamicObject;
use serde::Deserialize as _;
use serde_json::Value;

use crate::view::{PlatformView, state::State};

/// One platform, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What the status pages show of it, too.
    pub view: PlatformView,
    /// What its operator has reported.
    pub status: FoodDeliveryPlatformStatus,
    /// Why that could not be read, if it could not.
    pub unreadable: Option<String>,
    /// Whether everything is up as the current generation describes it.
    pub ready: bool,
}

impl Shown {
    /// What there is to show of a resource at `now`.
    ///
    /// Nothing but the status and `spec.suspend` is looked at, so that a specification of another version than this
    /// program's is no obstacle.
    pub fn of(object: &DynamicObject, now: Timestamp) -> Self {
        let (status, unreadable) = read_status(&object.data["status"]);
        let platform = FoodDeliveryPlatform {
            metadata: object.metadata.clone(),
            spec: FoodDeliveryPlatformSpec {
                suspend: object.data["spec"]["suspend"].as_bool(),
                ..Default::default()
            },
            status: Some(status.clone()),
        };
        let view = PlatformView::of(&platform, now);
        let is_current = !matches!(
            view.state,
            State::Outdated | State::Unreported | State::Deleting | State::Stalled
        );
        Self {
            ready: is_current && condition::is_true(&status.conditions, READY),
            view,
            status,
            unreadable,
        }
    }
}

fn read_status(status: &Value) -> (FoodDeliveryPlatformStatus, Option<String>) {
    if status.is_null() {
        return (FoodDeliveryPlatformStatus::default(), None);
    }
    match FoodDeliveryPlatformStatus::deserialize(status) {
        Ok(status) => (status, None),
        Err(error) => (FoodDeliveryPlatformStatus::default(), Some(error.to_string())),
    }
}

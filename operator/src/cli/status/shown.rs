//! Converts a platform's resource into what is shown of it.

use fdp_crds::{
    FoodDeliveryPlatform, FoodDeliveryPlatformSpec, FoodDeliveryPlatformStatus, ResilienceDrill,
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
    /// The view that the status pages show too.
    pub view: PlatformView,
    /// Its drills.
    pub drills: Vec<ResilienceDrill>,
    /// What its operator has reported.
    pub status: FoodDeliveryPlatformStatus,
    /// Why the status could not be read; `None` if it could.
    pub unreadable: Option<String>,
    /// Whether everything is up as the current generation describes it.
    pub ready: bool,
}

impl Shown {
    /// Converts a resource as of `now`.
    ///
    /// Of a specification of another version than this program's, it reads only `suspend`.
    pub fn of(object: &DynamicObject, now: Timestamp) -> Self {
        let (status, unreadable) = read_status(&object.data["status"]);
        let platform = FoodDeliveryPlatform {
            metadata: object.metadata.clone(),
            spec: FoodDeliveryPlatformSpec::deserialize(&object.data["spec"]).unwrap_or_else(|_| {
                FoodDeliveryPlatformSpec {
                    suspend: object.data["spec"]["suspend"].as_bool(),
                    ..Default::default()
                }
            }),
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
            drills: Vec::new(),
            status,
            unreadable,
        }
    }

    /// The same with its drills.
    #[must_use]
    pub fn with_drills(mut self, drills: Vec<ResilienceDrill>, now: Timestamp) -> Self {
        self.view = self.view.with_drills(&drills, now);
        self.drills = drills;
        self
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

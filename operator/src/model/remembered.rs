//! What the status of a platform remembers of former reconciliations.

use fdp_crds::{FoodDeliveryPlatformStatus, Reachability, StoresStatus, condition};

/// What the status of a platform remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The data stores that the services use.
    pub stores: StoresStatus,
    /// Whether all services have been up once.
    pub served: bool,
    /// The version that all services run, or ran last.
    pub version: Option<String>,
    /// The generation of the resource that the status is about.
    pub generation: Option<i64>,
    /// Whether everything was up as described.
    pub is_ready: bool,
    /// Whether services reached what they call when it was tried last.
    pub reachability: Vec<Reachability>,
}

impl Remembered {
    /// Whether there is a data store that the services leave, or are paused for.
    pub fn is_changing(&self) -> bool {
        is_changing(&self.stores)
    }

    /// What a status remembers.
    pub fn of(status: &FoodDeliveryPlatformStatus) -> Self {
        Self {
            stores: status.stores.clone().unwrap_or_default(),
            served: status.version.is_some(),
            version: status.version.clone(),
            generation: status.observed_generation,
            is_ready: condition::is_true(&status.conditions, condition::READY),
            reachability: status.reachability.clone(),
        }
    }
}

/// Whether a status tells of a data store that the services leave, or are paused for.
pub fn is_changing(stores: &StoresStatus) -> bool {
    let stores = [&stores.kafka, &stores.postgres, &stores.mongodb];
    let mut stores = stores.into_iter().flatten();
    stores.any(|store| store.former.is_some() || store.change.is_some())
}

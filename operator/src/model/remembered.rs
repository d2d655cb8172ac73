//! What the status of a platform remembers of former reconciliations.

use fdp_crds::{FoodDeliveryPlatformStatus, StoresStatus};

/// What the status of a platform remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The data stores that the services use.
    pub stores: StoresStatus,
    /// Whether all services have been up once.
    pub served: bool,
}

impl Remembered {
    /// Whether there is a data store that the services leave.
    pub fn has_former(&self) -> bool {
        let stores = [&self.stores.kafka, &self.stores.postgres, &self.stores.mongodb];
        stores.into_iter().flatten().any(|store| store.former.is_some())
    }

    /// What a status remembers.
    pub fn of(status: &FoodDeliveryPlatformStatus) -> Self {
        Self {
            stores: status.stores.clone().unwrap_or_default(),
            served: status.version.is_some(),
        }
    }
}

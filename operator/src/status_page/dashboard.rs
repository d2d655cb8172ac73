//! The data that the status pages and endpoints read.

use std::{fmt, sync::Arc};

use fdp_crds::{FoodDeliveryPlatform, ResilienceDrill};
use kube::runtime::reflector::Store;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::controller::condition_changes::ConditionChanges;

/// The drills of the platform of that namespace and that name.
pub type DrillsOf = Arc<dyn Fn(&str, &str) -> Vec<Arc<ResilienceDrill>> + Send + Sync>;

/// The data that the pages and endpoints read.
#[derive(Clone)]
pub struct Dashboard {
    /// Every platform that the operator watches.
    pub platforms: Store<FoodDeliveryPlatform>,
    pub drills: DrillsOf,
    /// The operator's own metrics.
    pub metrics: PrometheusHandle,
    /// How often conditions have changed.
    pub changes: Arc<ConditionChanges>,
    /// What the operator waits for before it is ready, for `/readyz`; `None` if for nothing.
    pub waits_for: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dashboard")
            .field("platforms", &self.platforms.len())
            .field("waits_for", &(self.waits_for)())
            .finish_non_exhaustive()
    }
}

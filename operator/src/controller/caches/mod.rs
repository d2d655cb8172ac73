//! Copies of what the operator watches. Watches keep them up to date, so that reading needs no API call.

mod autoscalers;
mod capabilities;
mod cluster_network;
pub mod compact;
mod copies;
pub mod index;
mod locks;
mod nodes;
mod platforms;
mod triggers;
mod watched;
mod watches;

use std::sync::Arc;

use fdp_crds::FoodDeliveryPlatform;
use kube::runtime::reflector::Store;

pub use copies::{Copies, POD};
pub use index::Index;
pub use triggers::Sender;
pub use watches::{Watches, start, start_remote};

use crate::controller::platform::Platform;

/// The copies of the cluster that holds the platforms' resources.
pub struct Caches {
    pub platforms: Store<Platform>,
    /// The same for the status pages: a platform that cannot be read has an empty specification here.
    pub shown_platforms: Store<FoodDeliveryPlatform>,
    pub local: Arc<Copies>,
}

impl Caches {
    /// Waits until every copy is complete. Before that, a missing object may still exist in the cluster.
    pub async fn synced(&self) {
        self.local.synced().await;
        let _ = self.platforms.wait_until_ready().await;
    }

    /// Whether every copy is complete.
    pub fn are_synced(&self) -> bool {
        self.local.are_synced()
    }
}

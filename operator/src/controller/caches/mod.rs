//! Copies of what the operator watches. Watches keep them up to date, so that reading needs no API call.

mod autoscalers;
mod capabilities;
mod cluster_network;
pub mod compact;
mod copies;
mod definition;
mod discovery;
mod drills;
pub mod index;
mod locks;
mod nodes;
mod places;
mod platforms;
mod refusals;
mod shared_secrets;
mod triggers;
mod watched;
mod watches;

use std::sync::Arc;

use fdp_crds::FoodDeliveryPlatform;
use kube::runtime::reflector::Store;

pub use copies::{Copies, POD};
pub use definition::Definition;
pub use drills::Drills;
pub use index::Index;
pub use places::Place;
pub use refusals::{Refusals, Refused};
pub use triggers::Sender;
pub use watches::{Watches, start, start_remote};

use crate::controller::platform::Platform;
use definition::INSTALL;

/// The copies of the cluster that holds the platforms' resources.
pub struct Caches {
    pub platforms: Store<Platform>,
    /// The same for the status pages: a platform that cannot be read has an empty specification here.
    pub shown_platforms: Store<FoodDeliveryPlatform>,
    pub local: Arc<Copies>,
    pub drills: Arc<Drills>,
    pub definition: Arc<Definition>,
}

impl Caches {
    /// Waits until every copy is complete. Before that, a missing object may still exist in the cluster.
    pub async fn synced(&self) {
        self.local.synced().await;
        let _ = self.platforms.wait_until_ready().await;
    }

    /// What the operator waits for before it can look after platforms, as a sentence; `None` if for nothing.
    pub fn waits_for(&self) -> Option<String> {
        if self.definition.is_missing() {
            return Some(INSTALL.to_owned());
        }
        if self.local.are_synced() {
            return None;
        }
        Some(match self.local.refusals.any() {
            Some(right) => format!("the operator lacks a right: {right}"),
            None => "the operator reads the cluster".to_owned(),
        })
    }
}

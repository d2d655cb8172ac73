//! The use case that events of stores trigger: what they offer is stored.

use crate::application::ports::StoreDirectory;
use fdp_contracts::StoreSnapshot;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The stores of one batch of events.
#[derive(Debug, Default)]
pub struct StoreUpdates(BTreeMap<String, StoreSnapshot>);

impl StoreUpdates {
    /// Adds a store. Of several versions of one store, the highest counts and not the last one added.
    pub fn add(&mut self, store: StoreSnapshot) {
        match self.0.entry(store.store_id.clone()) {
            Entry::Occupied(known) if known.get().version > store.version => {}
            entry => {
                entry.insert_entry(store);
            }
        }
    }

    /// Saves the stores, if there are any.
    ///
    /// # Errors
    /// When the directory fails.
    pub async fn save<D: StoreDirectory>(self, directory: D) -> Result<(), D::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        directory.save_stores(self.0.into_values().collect()).await
    }
}

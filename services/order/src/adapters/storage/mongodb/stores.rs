//! Stores and their menus in MongoDB.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::errors::{
    failed, found_and_changed, in_time, is_duplicate, unchanged,
};
use crate::application::ports::{RepositoryError, StoreDirectory};
use fdp_contracts::StoreSnapshot;
use mongodb::bson::doc;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct StoreDocument {
    /// As JSON: it is read and written as a whole.
    snapshot: String,
}

impl StoreDirectory for &MongoOrders {
    type Error = RepositoryError;

    async fn save_stores(self, stores: Vec<StoreSnapshot>) -> Result<(), RepositoryError> {
        for store in stores {
            self.save_store(&store).await?;
        }
        Ok(())
    }
}

impl MongoOrders {
    /// Stores what a store has told, unless a higher version is stored already.
    async fn save_store(&self, store: &StoreSnapshot) -> Result<(), RepositoryError> {
        let version = i64::try_from(store.version).map_err(failed)?;
        let snapshot = serde_json::to_string(store).map_err(failed)?;
        let older = doc! {"_id": &store.store_id, "version": {"$lt": version}};
        let update = doc! {"$set": {"version": version, "snapshot": snapshot}};
        match in_time(self.stores.update_one(older, update).upsert(true)).await {
            // The stored version is not lower.
            Err(error) if is_duplicate(&error) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(updated) => {
                let stored = updated.upserted_id.is_some() || found_and_changed(&updated, "the store")?;
                if stored {
                    Ok(())
                } else {
                    Err(unchanged("the store"))
                }
            }
        }
    }

    pub(super) async fn find_store(&self, store_id: &str) -> Result<Option<StoreSnapshot>, RepositoryError> {
        let known = self.stores.clone_with_type::<StoreDocument>();
        let found = in_time(known.find_one(doc! {"_id": store_id})).await?;
        let read = found.map(|store| serde_json::from_str(&store.snapshot).map_err(failed));
        read.transpose()
    }

    pub(super) async fn are_there_stores(&self) -> Result<bool, RepositoryError> {
        let known = self.stores.clone_with_type::<StoreDocument>();
        Ok(in_time(known.find_one(doc! {})).await?.is_some())
    }
}

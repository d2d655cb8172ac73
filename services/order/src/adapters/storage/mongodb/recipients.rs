//! Recipients in MongoDB, in a collection of their own: no document of an order holds them.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::errors::in_time;
use crate::application::ports::{RecipientRepository, RepositoryError};
use crate::domain::Recipient;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_storage::retention::{Retained, RetentionError};
use futures::TryStreamExt as _;
use mongodb::bson::{DateTime, Document, doc};
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize)]
struct RecipientDocument {
    name: String,
    address: String,
    phone: String,
    note: Option<String>,
}

impl MongoOrders {
    pub(super) async fn insert_recipient(
        &self,
        order_id: OrderId,
        recipient: &Recipient,
    ) -> Result<(), RepositoryError> {
        let document = doc! {
            "_id": order_id.to_string(),
            "name": &recipient.name,
            "address": &recipient.address,
            "phone": &recipient.phone,
            "note": recipient.note.as_deref(),
            "keptAt": DateTime::now(),
        };
        in_time(self.recipients.insert_one(document)).await?;
        Ok(())
    }

    pub(super) async fn delete_recipient(&self, order_id: OrderId) -> Result<(), RepositoryError> {
        in_time(self.recipients.delete_one(doc! {"_id": order_id.to_string()})).await?;
        Ok(())
    }
}

#[async_trait]
impl RecipientRepository for MongoOrders {
    async fn recipient(&self, order_id: OrderId) -> Result<Option<Recipient>, RepositoryError> {
        let kept = self.recipients.clone_with_type::<RecipientDocument>();
        let found = in_time(kept.find_one(doc! {"_id": order_id.to_string()})).await?;
        Ok(found.map(|found| Recipient {
            name: found.name,
            address: found.address,
            phone: found.phone,
            note: found.note,
        }))
    }
}

/// Recipients that were given long ago: their orders have ended by then.
#[derive(Debug, Clone)]
pub struct OldRecipients(pub MongoOrders);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptDocument {
    #[serde(rename = "_id")]
    order_id: String,
    kept_at: DateTime,
}

impl OldRecipients {
    /// At most `most` of those that match, the oldest first.
    async fn find(&self, which: Document, most: u32) -> Result<Vec<KeptDocument>, RepositoryError> {
        let kept = self.0.recipients.clone_with_type::<KeptDocument>();
        let oldest = kept
            .find(which)
            .sort(doc! {"keptAt": 1})
            .limit(most.into())
            .projection(doc! {"keptAt": 1});
        Ok(in_time(async { oldest.await?.try_collect().await }).await?)
    }
}

#[async_trait]
impl Retained for OldRecipients {
    async fn remove(&self, age: Duration, most: u32) -> Result<u64, RetentionError> {
        let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let then = DateTime::from_millis(DateTime::now().timestamp_millis().saturating_sub(millis));
        let old = self.find(doc! {"keptAt": {"$lt": then}}, most).await?;
        if old.is_empty() {
            return Ok(0);
        }
        let order_ids: Vec<String> = old.into_iter().map(|kept| kept.order_id).collect();
        let remove = self.0.recipients.delete_many(doc! {"_id": {"$in": order_ids}});
        let removed = in_time(remove).await.map_err(RepositoryError::from)?;
        Ok(removed.deleted_count)
    }

    async fn oldest(&self) -> Result<Option<Duration>, RetentionError> {
        let oldest = self.find(doc! {}, 1).await?;
        Ok(oldest.first().map(|kept| {
            let millis = DateTime::now().timestamp_millis() - kept.kept_at.timestamp_millis();
            Duration::from_millis(u64::try_from(millis).unwrap_or_default())
        }))
    }
}

impl From<RepositoryError> for RetentionError {
    fn from(error: RepositoryError) -> Self {
        let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
        error.into()
    }
}

//! Wishes under an `Idempotency-Key`, without a transaction over the key and the intent.
//!
//! The intent is written first and then the key is tied to it, so that a key never names an intent that was not
//! written. A crash in between leaves an intent that nobody will pay for, which the settler sees to. Of two that tie
//! the same key, one finds it tied.

use super::connection::{in_time, is_duplicate};
use super::document::{OrderDocument, failed};
use super::orders::MongoOrders;
use crate::app::ports::{Intent, KeyedWish, Noted, OrderStore as _, StoreError};
use crate::basket::Wish;
use fdp_contracts::OrderId;
use mongodb::bson::{DateTime, doc};
use serde::Deserialize;
use std::time::Duration;

pub(super) const COLLECTION: &str = "idempotency_keys";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyDocument {
    order_id: String,
    /// As JSON.
    wish: String,
}

impl KeyDocument {
    fn is_for(&self, keyed: &KeyedWish) -> Result<bool, StoreError> {
        Ok(serde_json::from_str::<Wish>(&self.wish).map_err(failed)? == keyed.wish)
    }
}

/// What has come, or may still come, of the attempt in a document; `None` when nothing.
fn standing(document: OrderDocument) -> Result<Option<Noted>, StoreError> {
    let Some(intent) = &document.intent else {
        let kept = document.into_kept()?;
        let kept = kept.ok_or_else(|| failed(std::io::Error::other("neither intent nor order")))?;
        return Ok(Some(Noted::OrderedBefore(Box::new(kept.order))));
    };
    let at_work = !intent.abandoned && intent.lease_until > DateTime::now();
    Ok(at_work.then_some(Noted::UnderWay))
}

/// What a key allows.
enum Judged {
    /// There is nothing (more) to do.
    Answered(Noted),
    /// It may be tied, if it is still tied to this order then, or to none.
    Free(Option<String>),
}

impl MongoOrders {
    pub(super) async fn note_keyed(
        &self,
        intent: &Intent,
        keyed: &KeyedWish,
        lease: Duration,
    ) -> Result<Noted, StoreError> {
        let mut inserted = false;
        loop {
            let tied_to = match self.judge(keyed).await? {
                Judged::Free(tied_to) => tied_to,
                Judged::Answered(answer) => {
                    if inserted {
                        self.forget(intent.order_id).await?;
                    }
                    return Ok(answer);
                }
            };
            if !inserted {
                self.insert_intent(intent, lease).await?;
                inserted = true;
            }
            if self.tie(keyed, tied_to.as_deref(), intent.order_id).await? {
                return Ok(Noted::Intent);
            }
            // Somebody was faster: look again at what the key stands for now.
        }
    }

    /// What a key stands for.
    pub(super) async fn recall_keyed(&self, keyed: &KeyedWish) -> Result<Noted, StoreError> {
        let Some(used) = self.used(keyed).await? else {
            return Ok(Noted::Intent);
        };
        if !used.is_for(keyed)? {
            return Ok(Noted::OtherWish);
        }
        match self.document(&used.order_id).await? {
            Some(document) => Ok(standing(document)?.unwrap_or(Noted::Intent)),
            None => Ok(Noted::Intent),
        }
    }

    async fn used(&self, keyed: &KeyedWish) -> Result<Option<KeyDocument>, StoreError> {
        let keys = self.keys.clone_with_type::<KeyDocument>();
        Ok(in_time(keys.find_one(doc! {"_id": &keyed.key})).await?)
    }

    async fn judge(&self, keyed: &KeyedWish) -> Result<Judged, StoreError> {
        let Some(used) = self.used(keyed).await? else {
            return Ok(Judged::Free(None));
        };
        if !used.is_for(keyed)? {
            return Ok(Judged::Answered(Noted::OtherWish));
        }
        loop {
            let Some(document) = self.document(&used.order_id).await? else {
                return Ok(Judged::Free(Some(used.order_id)));
            };
            if let Some(answer) = standing(document)? {
                return Ok(Judged::Answered(answer));
            }
            // The earlier attempt came to nothing, and must not come to something now.
            let intent = doc! {"_id": &used.order_id, "intent": {"$exists": true}};
            let abandoned = doc! {"$set": {"intent.abandoned": true}};
            if in_time(self.orders.update_one(intent, abandoned))
                .await?
                .matched_count
                == 1
            {
                return Ok(Judged::Free(Some(used.order_id)));
            }
        }
    }

    /// Ties the key to `order_id`. False when it is not tied to `tied_to` any more.
    async fn tie(
        &self,
        keyed: &KeyedWish,
        tied_to: Option<&str>,
        order_id: OrderId,
    ) -> Result<bool, StoreError> {
        let order_id = order_id.to_string();
        if let Some(tied_to) = tied_to {
            let unchanged = doc! {"_id": &keyed.key, "orderId": tied_to};
            let update = doc! {"$set": {"orderId": order_id, "usedAt": DateTime::now()}};
            let updated = in_time(self.keys.update_one(unchanged, update)).await?;
            return Ok(updated.matched_count == 1);
        }
        let key = doc! {
            "_id": &keyed.key,
            "wish": serde_json::to_string(&keyed.wish).map_err(failed)?,
            "orderId": order_id,
            "usedAt": DateTime::now(),
        };
        match in_time(self.keys.insert_one(key)).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn forget_keys_of(&self, age: Duration) -> Result<u64, StoreError> {
        let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let then = DateTime::from_millis(DateTime::now().timestamp_millis().saturating_sub(millis));
        let old = self.keys.delete_many(doc! {"usedAt": {"$lt": then}});
        Ok(in_time(old).await?.deleted_count)
    }
}

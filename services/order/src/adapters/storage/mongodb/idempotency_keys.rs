//! Requests with an `Idempotency-Key`, without a transaction over the key and the intent.
//!
//! The intent is written first, and then the key is assigned to it, so a key never refers to an intent that was not
//! written. A crash in between leaves an intent without a payment, which the compensation deletes. Of two requests that
//! assign the same key, one finds it assigned.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::documents::OrderDocument;
use crate::adapters::storage::mongodb::errors::{failed, found_and_changed, in_time, is_duplicate};
use crate::application::ports::{IntentOutcome, KeyedOrderRequest, PaymentIntent, RepositoryError};
use crate::domain::OrderRequest;
use fdp_contracts::OrderId;
use mongodb::bson::{DateTime, doc};
use serde::Deserialize;
use std::time::Duration;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyDocument {
    order_id: String,
    /// The request as JSON.
    #[serde(rename = "wish")]
    request: String,
}

impl KeyDocument {
    fn is_for(&self, keyed: &KeyedOrderRequest) -> Result<bool, RepositoryError> {
        Ok(serde_json::from_str::<OrderRequest>(&self.request).map_err(failed)? == keyed.request)
    }
}

/// The result of the attempt in a document; `None` if it has failed.
fn attempt_result(document: OrderDocument) -> Result<Option<IntentOutcome>, RepositoryError> {
    let Some(intent) = &document.intent else {
        let stored = document.into_order()?;
        let stored = stored.ok_or_else(|| failed(std::io::Error::other("neither intent nor order")))?;
        return Ok(Some(IntentOutcome::AlreadyPlaced(Box::new(stored.order))));
    };
    if let Some(awaiting) = intent.unpaid()?.awaiting {
        return Ok(Some(if intent.abandoned {
            IntentOutcome::NotPaid
        } else {
            IntentOutcome::AwaitingPayment(Box::new(awaiting))
        }));
    }
    let in_progress = !intent.abandoned && intent.lease_until > DateTime::now();
    Ok(in_progress.then_some(IntentOutcome::InProgress))
}

/// The state of a key.
enum KeyState {
    /// An earlier request with the key has a result.
    Used(IntentOutcome),
    /// The key may be assigned, provided that it is then still assigned to this order (`None`: to no order).
    Free(Option<String>),
}

impl MongoOrders {
    pub(super) async fn record_keyed_intent(
        &self,
        intent: &PaymentIntent,
        keyed: &KeyedOrderRequest,
        lease: Duration,
    ) -> Result<IntentOutcome, RepositoryError> {
        let mut inserted = false;
        loop {
            let assigned_to = match self.key_state(keyed).await? {
                KeyState::Free(assigned_to) => assigned_to,
                KeyState::Used(outcome) => {
                    if inserted {
                        self.delete_intent(intent.order_id).await?;
                    }
                    return Ok(outcome);
                }
            };
            if !inserted {
                self.insert_intent(intent, lease).await?;
                inserted = true;
            }
            if self
                .assign(keyed, assigned_to.as_deref(), intent.order_id)
                .await?
            {
                return Ok(IntentOutcome::Recorded);
            }
            // Another request has assigned the key first: read it again.
        }
    }

    /// The result of an earlier request with the key.
    pub(super) async fn check_idempotency_key(
        &self,
        keyed: &KeyedOrderRequest,
    ) -> Result<IntentOutcome, RepositoryError> {
        let Some(used) = self.used(keyed).await? else {
            return Ok(IntentOutcome::Recorded);
        };
        if !used.is_for(keyed)? {
            return Ok(IntentOutcome::KeyReused);
        }
        match self.document(&used.order_id).await? {
            Some(document) => Ok(attempt_result(document)?.unwrap_or(IntentOutcome::Recorded)),
            None => Ok(IntentOutcome::Recorded),
        }
    }

    async fn used(&self, keyed: &KeyedOrderRequest) -> Result<Option<KeyDocument>, RepositoryError> {
        let keys = self.keys.clone_with_type::<KeyDocument>();
        Ok(in_time(keys.find_one(doc! {"_id": &keyed.key})).await?)
    }

    async fn key_state(&self, keyed: &KeyedOrderRequest) -> Result<KeyState, RepositoryError> {
        let Some(used) = self.used(keyed).await? else {
            return Ok(KeyState::Free(None));
        };
        if !used.is_for(keyed)? {
            return Ok(KeyState::Used(IntentOutcome::KeyReused));
        }
        loop {
            let Some(document) = self.document(&used.order_id).await? else {
                return Ok(KeyState::Free(Some(used.order_id)));
            };
            if let Some(outcome) = attempt_result(document)? {
                return Ok(KeyState::Used(outcome));
            }
            // The earlier attempt has failed, and must not succeed any more.
            let intent = doc! {
                "_id": &used.order_id, "intent": {"$exists": true}, "intent.awaiting": {"$exists": false},
            };
            let abandoned = doc! {"$set": {"intent.abandoned": true}};
            if in_time(self.orders.update_one(intent, abandoned))
                .await?
                .matched_count
                == 1
            {
                return Ok(KeyState::Free(Some(used.order_id)));
            }
        }
    }

    /// Assigns the key to `order_id`. Returns false if it is not assigned to `assigned_to` any more.
    async fn assign(
        &self,
        keyed: &KeyedOrderRequest,
        assigned_to: Option<&str>,
        order_id: OrderId,
    ) -> Result<bool, RepositoryError> {
        let order_id = order_id.to_string();
        if let Some(assigned_to) = assigned_to {
            let unchanged = doc! {"_id": &keyed.key, "orderId": assigned_to};
            let update = doc! {"$set": {"orderId": order_id, "usedAt": DateTime::now()}};
            let updated = in_time(self.keys.update_one(unchanged, update)).await?;
            return found_and_changed(&updated, "the key");
        }
        let key = doc! {
            "_id": &keyed.key,
            "wish": serde_json::to_string(&keyed.request).map_err(failed)?,
            "orderId": order_id,
            "usedAt": DateTime::now(),
        };
        match in_time(self.keys.insert_one(key)).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn delete_idempotency_keys(&self, age: Duration) -> Result<u64, RepositoryError> {
        let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let then = DateTime::from_millis(DateTime::now().timestamp_millis().saturating_sub(millis));
        let old = in_time(self.keys.delete_many(doc! {"usedAt": {"$lt": then}})).await?;
        self.forget_voided().await?;
        Ok(old.deleted_count)
    }
}

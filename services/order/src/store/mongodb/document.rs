//! What lies in the documents, and how it is written and read.

use crate::app::ports::StoreError;
use crate::domain::Order;
use fdp_contracts::Event;
use mongodb::bson::{self, Bson, DateTime, Document, doc};
use serde::Deserialize;
use std::time::Duration;

const SERVICE: &str = "order";

/// An order as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) order: Order,
    /// Grows with every change.
    pub(super) revision: i64,
    /// Ids of events that it has taken.
    pub(super) taken: Vec<String>,
}

/// A document of the orders: an intent or an order.
#[derive(Debug, Deserialize)]
pub(super) struct OrderDocument {
    pub(super) intent: Option<IntentDocument>,
    order: Option<serde_json::Value>,
    #[serde(default)]
    revision: i64,
    #[serde(default)]
    taken: Vec<String>,
}

/// A payment intent as it is kept.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IntentDocument {
    pub(super) abandoned: bool,
    pub(super) lease_until: DateTime,
}

/// What an order owes the world.
#[derive(Debug, Deserialize)]
pub(super) struct OwingDocument {
    #[serde(rename = "_id")]
    pub(super) order_id: String,
    pub(super) pending: Vec<PendingEvent>,
}

/// An event that is not published yet.
#[derive(Debug, Deserialize)]
pub(super) struct PendingEvent {
    pub(super) id: String,
    /// The `CloudEvents` type.
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) at: DateTime,
    pub(super) payload: String,
}

impl OrderDocument {
    /// The order, unless it is an intent still.
    pub(super) fn into_kept(self) -> Result<Option<Kept>, StoreError> {
        let Some(order) = self.order else { return Ok(None) };
        Ok(Some(Kept {
            order: serde_json::from_value(order).map_err(failed)?,
            revision: self.revision,
            taken: self.taken,
        }))
    }
}

/// The order as it is kept: as JSON writes it (ids and times as text), so that both databases hold the same.
pub(super) fn order_document(order: &Order) -> Result<Bson, StoreError> {
    let plain = serde_json::to_value(order).map_err(failed)?;
    bson::serialize_to_bson(&plain).map_err(failed)
}

/// An event as it waits for the relay.
pub(super) fn pending_event(event: Event, traceparent: Option<String>) -> Result<Document, StoreError> {
    let envelope = event.into_cloud_event(SERVICE, traceparent).map_err(failed)?;
    Ok(doc! {
        "id": envelope.id.to_string(),
        "type": &envelope.kind,
        "at": DateTime::now(),
        "payload": fdp_kit::outbox::payload(&envelope).map_err(failed)?,
    })
}

/// A moment as the database keeps it, `after` from `now`.
pub(super) fn later(now: DateTime, after: Duration) -> DateTime {
    let millis = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
    DateTime::from_millis(now.timestamp_millis().saturating_add(millis))
}

pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Failed(Box::new(error))
}

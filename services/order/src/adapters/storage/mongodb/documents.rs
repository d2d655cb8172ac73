//! The documents as they are stored.

use crate::adapters::storage::mongodb::errors::failed;
use crate::application::ports::RepositoryError;
use crate::domain::{Order, Unpaid};
use fdp_contracts::Event;
use mongodb::bson::{self, Bson, DateTime, Document, doc};
use serde::Deserialize;
use std::time::Duration;

const SERVICE: &str = "order";

/// An order as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredOrder {
    pub(crate) order: Order,
    /// Incremented with every change.
    pub(super) revision: i64,
    /// Ids of the events that it has handled.
    pub(crate) handled: Vec<String>,
}

/// A document of the orders: a payment intent, or the order that has replaced it.
#[derive(Debug, Deserialize)]
pub(super) struct OrderDocument {
    pub(super) intent: Option<IntentDocument>,
    order: Option<serde_json::Value>,
    #[serde(default)]
    revision: i64,
    #[serde(default, rename = "taken")]
    handled: Vec<String>,
}

/// A payment intent with the id of its order.
#[derive(Debug, Deserialize)]
pub(super) struct ClaimedDocument {
    #[serde(rename = "_id")]
    pub(super) order_id: String,
    /// Missing if it became an order just then: not every server finds and changes a document in one step.
    pub(super) intent: Option<IntentDocument>,
}

/// A payment intent as it is stored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IntentDocument {
    pub(super) abandoned: bool,
    pub(super) lease_until: DateTime,
    /// As JSON: it is read and written as a whole.
    awaiting: Option<String>,
    #[serde(default)]
    told_paid: bool,
    #[serde(default)]
    voided: bool,
}

impl IntentDocument {
    /// The intent.
    pub(super) fn unpaid(&self) -> Result<Unpaid, RepositoryError> {
        let awaiting = self.awaiting.as_deref().map(serde_json::from_str).transpose();
        Ok(Unpaid {
            awaiting: awaiting.map_err(|error| RepositoryError::Unreadable(error.into()))?,
            told_paid: self.told_paid,
            abandoned: self.abandoned,
            voided: self.voided,
        })
    }
}

impl OrderDocument {
    /// The order, unless the document is still an intent.
    pub(super) fn into_order(self) -> Result<Option<StoredOrder>, RepositoryError> {
        let Some(order) = self.order else { return Ok(None) };
        Ok(Some(StoredOrder {
            order: serde_json::from_value(order)
                .map_err(|error| RepositoryError::Unreadable(error.into()))?,
            revision: self.revision,
            handled: self.handled,
        }))
    }
}

/// The order as it is stored: in its JSON form (ids and times as text), so that both databases store the same.
pub(super) fn order_document(order: &Order) -> Result<Bson, RepositoryError> {
    let plain = serde_json::to_value(order).map_err(failed)?;
    bson::serialize_to_bson(&plain).map_err(failed)
}

/// An event as it is stored for the relay.
pub(crate) fn pending_event(event: Event, traceparent: Option<String>) -> Result<Document, RepositoryError> {
    let envelope = event.into_cloud_event(SERVICE, traceparent).map_err(failed)?;
    Ok(doc! {
        "id": envelope.id.to_string(),
        "type": &envelope.kind,
        "at": DateTime::now(),
        "payload": fdp_storage::outbox::payload(&envelope).map_err(failed)?,
    })
}

/// The time `after` from `now`, as the database stores it.
pub(super) fn later(now: DateTime, after: Duration) -> DateTime {
    let millis = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
    DateTime::from_millis(now.timestamp_millis().saturating_add(millis))
}

//! The `CloudEvents` 1.0 envelope (JSON format) and the events that it can hold.

use crate::{
    DeliverySnapshot, OrderId, OrderSnapshot, PaymentSnapshot, ProductSnapshot, StockMovement, StoreSnapshot,
    TicketSnapshot,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An event on its way: `CloudEvents` 1.0, JSON, with the W3C trace context as extension attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CloudEvent {
    /// Always "1.0".
    pub specversion: String,
    /// `UUIDv7`; the same event delivered twice has the same id.
    pub id: Uuid,
    /// The service that published it: "/order".
    pub source: String,
    /// What happened: "fooddelivery.order.placed.v1".
    #[serde(rename = "type")]
    pub kind: String,
    /// The key: the order's id, or the product's or the store's for changes of these.
    pub subject: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// Always "application/json".
    pub datacontenttype: String,
    /// W3C trace context of the request that caused it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub traceparent: Option<String>,
    /// The snapshot.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

/// The content of an event. Types that this version does not know become [`Event::Unknown`], so that an old consumer
/// keeps working with a new publisher.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An order changed.
    Order(OrderSnapshot),
    /// A payment changed.
    Payment(PaymentSnapshot),
    /// A ticket changed.
    Ticket(TicketSnapshot),
    /// A delivery changed its state.
    Delivery(DeliverySnapshot),
    /// A delivery changed its rider.
    RiderChanged(DeliverySnapshot),
    /// An order moved stock.
    Stock(StockMovement),
    /// A product was registered, or its stock changed.
    Product(ProductSnapshot),
    /// A store or its menu changed.
    Store(StoreSnapshot),
    /// An event of a type that this version does not know.
    Unknown,
}

/// An event with a known type whose data cannot be parsed.
#[derive(Debug, thiserror::Error)]
#[error("reading the data of event {id} of type {kind}: {source}")]
pub struct DecodeError {
    /// The event.
    pub id: Uuid,
    /// The type in the envelope.
    pub kind: String,
    /// The parse error.
    pub source: serde_json::Error,
}

impl Event {
    /// The `CloudEvents` type; `None` for [`Event::Unknown`], which cannot be published.
    pub fn event_type(&self) -> Option<&'static str> {
        match self {
            Self::Order(order) => Some(order.state.event_type()),
            Self::Payment(payment) => Some(payment.state.event_type()),
            Self::Ticket(ticket) => Some(ticket.state.event_type()),
            Self::Delivery(delivery) => Some(delivery.state.event_type()),
            Self::RiderChanged(_) => Some(DeliverySnapshot::RIDER_CHANGED),
            Self::Stock(movement) => Some(movement.outcome.event_type()),
            Self::Product(_) => Some(ProductSnapshot::EVENT_TYPE),
            Self::Store(_) => Some(StoreSnapshot::EVENT_TYPE),
            Self::Unknown => None,
        }
    }

    /// The order that the event is about; `None` for events about products and stores.
    pub fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::Order(order) => Some(order.order_id),
            Self::Payment(payment) => Some(payment.order_id),
            Self::Ticket(ticket) => Some(ticket.order_id),
            Self::Delivery(delivery) | Self::RiderChanged(delivery) => Some(delivery.order_id),
            Self::Stock(movement) => Some(movement.order_id),
            Self::Product(_) | Self::Store(_) | Self::Unknown => None,
        }
    }

    /// The message key, which keeps the events of one order in order.
    pub fn subject(&self) -> String {
        match self {
            Self::Product(product) => product.product_id.clone(),
            Self::Store(store) => store.store_id.clone(),
            other => other.order_id().map_or_else(String::new, String::from),
        }
    }

    /// Wraps the event for publishing by `service`, with the trace of the request that caused it.
    ///
    /// # Errors
    /// When the snapshot cannot be serialised as JSON, or the event is [`Event::Unknown`].
    pub fn into_cloud_event(
        self,
        service: &str,
        traceparent: Option<String>,
    ) -> Result<CloudEvent, serde_json::Error> {
        let subject = self.subject();
        let kind = self.event_type().unwrap_or("fooddelivery.unknown").to_owned();
        let data = match &self {
            Self::Order(order) => serde_json::to_value(order),
            Self::Payment(payment) => serde_json::to_value(payment),
            Self::Ticket(ticket) => serde_json::to_value(ticket),
            Self::Delivery(delivery) | Self::RiderChanged(delivery) => serde_json::to_value(delivery),
            Self::Stock(movement) => serde_json::to_value(movement),
            Self::Product(product) => serde_json::to_value(product),
            Self::Store(store) => serde_json::to_value(store),
            Self::Unknown => Err(serde::ser::Error::custom("an unknown event cannot be published")),
        }?;
        Ok(CloudEvent {
            specversion: "1.0".to_owned(),
            id: Uuid::now_v7(),
            source: format!("/{service}"),
            kind,
            subject,
            time: Utc::now(),
            datacontenttype: "application/json".to_owned(),
            traceparent,
            data,
        })
    }
}

impl CloudEvent {
    /// Parses the event in the envelope.
    ///
    /// # Errors
    /// When the type is known but the data does not match it; such a message goes to the dead letters.
    pub fn event(&self) -> Result<Event, DecodeError> {
        let data = &self.data;
        let decoded = match self.kind.split('.').nth(1) {
            _ if self.kind.rsplit('.').next() != Some("v1") => Ok(Event::Unknown),
            Some("order") => read(data).map(Event::Order),
            Some("payment") => read(data).map(Event::Payment),
            Some("ticket") => read(data).map(Event::Ticket),
            Some("delivery") if self.kind == DeliverySnapshot::RIDER_CHANGED => {
                read(data).map(Event::RiderChanged)
            }
            Some("delivery") => read(data).map(Event::Delivery),
            Some("inventory") if self.kind == ProductSnapshot::EVENT_TYPE => read(data).map(Event::Product),
            Some("inventory") => read(data).map(Event::Stock),
            Some("store") if self.kind == StoreSnapshot::EVENT_TYPE => read(data).map(Event::Store),
            _ => Ok(Event::Unknown),
        };
        decoded.map_err(|source| DecodeError {
            id: self.id,
            kind: self.kind.clone(),
            source,
        })
    }
}

fn read<'a, T: Deserialize<'a>>(data: &'a serde_json::Value) -> Result<T, serde_json::Error> {
    T::deserialize(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OrderId, OrderState};

    fn placed() -> Event {
        Event::Order(OrderSnapshot {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![],
            amount: 10_000,
            delivery_fee: 0,
            store_version: None,
            state: OrderState::Placed,
            reason: None,
            version: 1,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        })
    }

    #[test]
    fn an_event_reads_back_as_it_was_published() {
        let event = placed();
        let sent = event.clone().into_cloud_event("order", None).unwrap();
        let received: CloudEvent = serde_json::from_slice(&serde_json::to_vec(&sent).unwrap()).unwrap();
        assert_eq!(received.kind, "fooddelivery.order.placed.v1");
        assert_eq!(received.subject, event.subject());
        assert_eq!(received.event().unwrap(), event);
    }

    #[test]
    fn fields_that_a_newer_publisher_adds_are_skipped() {
        let mut sent = placed().into_cloud_event("order", None).unwrap();
        sent.data["loyaltyPoints"] = 7.into();
        assert!(matches!(sent.event().unwrap(), Event::Order(_)));
    }

    #[test]
    fn types_that_a_newer_publisher_adds_are_unknown_and_not_an_error() {
        let mut sent = placed().into_cloud_event("order", None).unwrap();
        for kind in [
            "fooddelivery.loyalty.granted.v1",
            "fooddelivery.order.placed.v2",
            "other",
        ] {
            sent.kind = kind.into();
            assert_eq!(sent.event().unwrap(), Event::Unknown, "{kind}");
        }
    }

    #[test]
    fn data_that_does_not_fit_its_type_is_an_error_that_names_the_event() {
        let mut sent = placed().into_cloud_event("order", None).unwrap();
        sent.data = serde_json::json!({"orderId": 5});
        let error = sent.event().unwrap_err().to_string();
        assert!(error.contains(&sent.id.to_string()), "{error}");
    }
}

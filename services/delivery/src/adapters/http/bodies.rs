//! A delivery as a response body. Comments on bodies are published in the OpenAPI document.

use crate::domain::{Delivery, Position};
use chrono::{DateTime, Utc};
use fdp_contracts::DeliverySnapshot;
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery as riders and customers see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryBody {
    #[serde(flatten)]
    delivery: DeliverySnapshot,
    /// Since when riders may take it on; missing until the store begins to cook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    offered_at: Option<DateTime<Utc>>,
    /// Where the rider was last, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    position: Option<PositionBody>,
    /// When it was made.
    created_at: DateTime<Utc>,
}

/// Degrees north and east, and when the rider was there.
#[derive(Serialize, ToSchema)]
struct PositionBody {
    lat: f64,
    lng: f64,
    at: DateTime<Utc>,
}

impl From<&Delivery> for DeliveryBody {
    fn from(delivery: &Delivery) -> Self {
        let body = |position: Position| PositionBody {
            lat: position.lat(),
            lng: position.lng(),
            at: position.at(),
        };
        Self {
            delivery: delivery.snapshot(),
            offered_at: delivery.offered_at,
            position: delivery.position.map(body),
            created_at: delivery.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Parcel, UpstreamEvent};
    use fdp_contracts::OrderId;

    #[test]
    fn a_delivery_says_each_thing_once() {
        let parcel = Parcel {
            order_id: OrderId::new(),
            customer_id: "100".to_owned(),
            store_id: "1".to_owned(),
        };
        let mut delivery = Delivery::new(parcel, UpstreamEvent::CookingStarted, Utc::now());
        delivery.rider_id = Some("kim".to_owned());
        let body = serde_json::to_string(&DeliveryBody::from(&delivery)).unwrap();
        // A field that is there twice is an error for who reads it.
        let read: DeliverySnapshot = serde_json::from_str(&body).unwrap();
        assert_eq!(read.rider_id.as_deref(), Some("kim"));
    }
}

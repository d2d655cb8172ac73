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
    /// Who delivers, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rider_id: Option<String>,
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
            rider_id: delivery.rider_id.clone(),
            position: delivery.position.map(body),
            created_at: delivery.created_at,
        }
    }
}

//! Notifications over HTTP.

use crate::app::Notifications;
use crate::domain::Notification;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderState};
use fdp_kit::http::Query;
use fdp_kit::{Json, Problem};
use serde::{Deserialize, Serialize};

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// The service's routes.
pub fn routes(notifications: Notifications) -> Router {
    Router::new()
        .route("/notifications", get(list))
        .with_state(notifications)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationBody {
    order_id: OrderId,
    customer_id: String,
    version: u32,
    state: OrderState,
    text: TextBody,
    /// "Kept": to be read here, and sent nowhere else.
    sending: String,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct TextBody {
    ko: String,
    en: String,
}

impl From<Notification> for NotificationBody {
    fn from(notification: Notification) -> Self {
        Self {
            order_id: notification.order_id,
            customer_id: notification.customer_id,
            version: notification.version,
            state: notification.state,
            text: TextBody {
                ko: notification.text.korean,
                en: notification.text.english,
            },
            sending: notification.sending,
            created_at: notification.created_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    order_id: Option<OrderId>,
    customer_id: Option<String>,
    limit: Option<u32>,
}

async fn list(
    State(notifications): State<Notifications>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<NotificationBody>>, Problem> {
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let found = match (filter.order_id, filter.customer_id) {
        (Some(order_id), None) => notifications.of_order(order_id).await?,
        (None, Some(customer_id)) => notifications.to_customer(&customer_id, limit).await?,
        _ => {
            return Err(Problem::bad_request(
                "say whose: give either ?orderId= or ?customerId=",
            ));
        }
    };
    Ok(Json(found.into_iter().map(NotificationBody::from).collect()))
}

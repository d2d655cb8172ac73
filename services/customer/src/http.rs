//! Notifications over HTTP.

mod contacts;

use crate::app::Notifications;
use crate::domain::Notification;
use axum::Router;
use axum::extract::State;
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderState};
use fdp_kit::http::Query;
use fdp_kit::{Caller, Json, Problem, openapi};
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// The service's routes.
pub fn routes(notifications: Notifications) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(notifications).into())
}

/// What the routes say of themselves.
pub fn openapi() -> OpenApi {
    openapi::document(
        "customer",
        "Notifications: one for each change of an order, and where customers are reached.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<Notifications> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(
        contacts::read,
        contacts::write,
        contacts::remove
    ))
}

/// What a customer was told about one change of an order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationBody {
    /// The order.
    order_id: OrderId,
    /// To whom.
    customer_id: String,
    /// The order's version that it tells of.
    version: u32,
    /// Where the order is then.
    state: OrderState,
    /// What it says.
    text: TextBody,
    /// "Local": to be read here, and sent nowhere else. "Pending", "Sending", "Sent", "Failed", or "Unknown": it may
    /// have been sent or not, and is not sent again.
    sending: &'static str,
    /// Why, if there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// How often it was tried to send it.
    attempts: u32,
    /// When it was last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attempted_at: Option<DateTime<Utc>>,
    /// When it was written.
    created_at: DateTime<Utc>,
}

/// The same words in both languages.
#[derive(Serialize, ToSchema)]
struct TextBody {
    /// 한국어.
    ko: String,
    /// English.
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
            sending: notification.sending.name(),
            reason: notification.reason,
            attempts: notification.attempts,
            attempted_at: notification.attempted_at,
            created_at: notification.created_at,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Those about this order.
    order_id: Option<OrderId>,
    /// Those to this customer; either this or `orderId` must be there, and not both.
    customer_id: Option<String>,
    /// At most so many; 100 if left out, never more than 500.
    limit: Option<u32>,
}

/// Lists notifications, of an order or to a customer.
#[utoipa::path(get, path = "/notifications", params(Filter), responses(
    (status = 200, description = "The notifications.", body = Vec<NotificationBody>),
))]
async fn list(
    State(notifications): State<Notifications>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<NotificationBody>>, Problem> {
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let mut found = match (filter.order_id, filter.customer_id) {
        (Some(_), Some(_)) => return Err(say_whose()),
        (Some(order_id), None) => notifications.of_order(order_id).await?,
        (None, customer_id) => {
            let customer_id = caller.whose(customer_id)?.ok_or_else(say_whose)?;
            notifications.to_customer(&customer_id, limit).await?
        }
    };
    found.retain(|notification| caller.may_see(&notification.customer_id));
    Ok(Json(found.into_iter().map(NotificationBody::from).collect()))
}

fn say_whose() -> Problem {
    Problem::bad_request("say whose: give either ?orderId= or ?customerId=")
}

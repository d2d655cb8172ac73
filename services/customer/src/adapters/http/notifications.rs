//! Messages over HTTP: as JSON for programs, and as a page for people.

use super::language::LanguageBody;
use super::outbox_page;
use crate::application::ports::NotificationRepository;
use crate::domain::{Language, Notification};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, OrderState, check_text};
use fdp_http::{Caller, Json, Problem, Query, content_negotiation, text};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// What a customer was told about one change of an order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationBody {
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
pub(super) struct TextBody {
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
pub(super) struct Filter {
    /// Those about this order.
    order_id: Option<OrderId>,
    /// Those to this customer. With neither this nor `orderId`, whoever may see all sees the newest of all, and a
    /// customer their own; both at once are too much.
    #[param(max_length = 200)]
    customer_id: Option<String>,
    /// At most so many; 100 if left out, never more than 500.
    limit: Option<u32>,
    /// What a page speaks: "ko" or "en". If left out, what the shop's pages speak or the browser likes best.
    #[param(inline)]
    lang: Option<LanguageBody>,
}

/// Lists notifications, of an order or to a customer: as JSON, or as a page for whoever accepts HTML rather than that.
#[utoipa::path(get, path = "/notifications", params(Filter), responses(
    (status = 200, description = "The notifications.", content(
        (Vec<NotificationBody> = "application/json"),
        (String = "text/html"),
    )),
))]
pub(super) async fn list(
    State(messages): State<Arc<dyn NotificationRepository>>,
    caller: Caller,
    Query(filter): Query<Filter>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let language = filter.lang.map(Language::from);
    let found = find(&*messages, &caller, filter).await?;
    let mut response = if content_negotiation::prefers_page(&headers) {
        let language = language.unwrap_or_else(|| content_negotiation::language(&headers));
        outbox_page::response(
            found,
            language,
            without_language(query.as_deref().unwrap_or_default()),
        )
    } else {
        let bodies: Vec<NotificationBody> = found.into_iter().map(NotificationBody::from).collect();
        Json(bodies).into_response()
    };
    let varies = HeaderValue::from_static("accept, accept-language, cookie");
    response.headers_mut().insert(header::VARY, varies);
    Ok(response)
}

/// The messages that the filter selects and the caller may see.
async fn find(
    messages: &dyn NotificationRepository,
    caller: &Caller,
    filter: Filter,
) -> Result<Vec<Notification>, Problem> {
    let limit = text::page_size(filter.limit);
    let mut found = match (filter.order_id, filter.customer_id) {
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request(
                "give either ?orderId= or ?customerId=, not both",
            ));
        }
        (Some(order_id), None) => messages.of_order(order_id).await?,
        (None, customer_id) => match caller.whose(customer_id)? {
            Some(customer_id) => {
                check_text("customerId", &customer_id)?;
                messages.to_customer(&customer_id, limit).await?
            }
            // Only callers that may see all messages get here.
            None => messages.newest(limit).await?,
        },
    };
    found.retain(|notification| caller.may_see(&notification.customer_id));
    Ok(found)
}

/// The query as it was sent, without the language, so that a link can add another one.
fn without_language(query: &str) -> String {
    let pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    pairs.fold(String::new(), |kept, pair| kept + pair + "&")
}

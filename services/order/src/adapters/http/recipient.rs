//! Whom an order goes to, over HTTP: in the body of an order, and for those who may see it.

use crate::application::{RecipientError, Recipients};
use crate::domain::{Reader, Recipient};
use axum::extract::State;
use fdp_contracts::{OrderId, OrderSnapshot, composed};
use fdp_http::{Caller, Json, Path, Problem};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Whom an order goes to, and where.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RecipientBody {
    /// Who opens the door.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Where the door is.
    #[schema(min_length = 1, max_length = 200)]
    address: String,
    /// 7 to 15 digits, with spaces, hyphens or parentheses between them and + before them.
    #[schema(pattern = "^[+]?[-() 0-9]{7,}$", max_length = 200, examples("010-1234-5678"))]
    phone: String,
    /// A note for the rider.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(max_length = 200)]
    note: Option<String>,
}

impl fmt::Debug for RecipientBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecipientBody(…)")
    }
}

impl From<RecipientBody> for Recipient {
    fn from(body: RecipientBody) -> Self {
        let text = |given: String| composed(given.trim()).into_owned();
        Self {
            name: text(body.name),
            address: text(body.address),
            phone: text(body.phone),
            note: body.note.map(text).filter(|note| !note.is_empty()),
        }
    }
}

impl From<Recipient> for RecipientBody {
    fn from(recipient: Recipient) -> Self {
        Self {
            name: recipient.name,
            address: recipient.address,
            phone: recipient.phone,
            note: recipient.note,
        }
    }
}

impl From<RecipientError> for Problem {
    fn from(error: RecipientError) -> Self {
        match error {
            RecipientError::NoOrder(_) => Self::not_found(error.to_string()),
            RecipientError::NotKept(_) => Self::new(StatusCode::NOT_FOUND, "no-recipient", error.to_string()),
            RecipientError::Withheld(_) => {
                Self::new(StatusCode::FORBIDDEN, "recipient-withheld", error.to_string())
            }
            RecipientError::Repository(error) => error.into(),
        }
    }
}

/// Shows whom an order goes to, and where: to its customer, to its store until the food has left, and to its rider from taking
/// the delivery on until the food is at the door.
#[utoipa::path(get, path = "/orders/{orderId}/recipient", params(("orderId" = OrderId, Path)), responses(
    (status = 200, description = "Whom it goes to, and where.", body = RecipientBody),
    (status = 403, description = "The caller may not see it now."),
    (status = 404, description = "There is no such order, nobody has said where it goes, or that is kept no longer."),
))]
pub(super) async fn show_recipient(
    State(recipients): State<Recipients>,
    caller: Caller,
    Path(order_id): Path<OrderId>,
) -> Result<Json<RecipientBody>, Problem> {
    let reader = |order: &OrderSnapshot| Reader {
        is_customer: caller.may_see(&order.customer_id),
        runs_store: caller.may_run(&order.store_id),
        rider_id: caller.rider(),
    };
    let recipient = recipients.recipient_of(order_id, reader).await?;
    Ok(Json(recipient.into()))
}

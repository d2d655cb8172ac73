//! The contacts of customers over HTTP.

use super::language::LanguageBody;
use crate::application::ports::ContactRepository;
use crate::domain::Contact;
use axum::extract::State;
use axum::http::StatusCode;
use fdp_contracts::check_text;
use fdp_http::{Caller, Json, JsonObject, Path, Problem};
use fdp_runtime::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Kakao's own ids are much shorter.
const MAX_UUID_LENGTH: usize = 100;

/// Where a customer is reached.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ContactBody {
    /// Kakao's id of the customer among the friends of the account that sends; "me" is that account itself.
    #[schema(min_length = 1, max_length = 100, pattern = "^[!-~]+$")]
    kakao_uuid: String,
    /// "ko" or "en".
    #[serde(default)]
    language: LanguageBody,
}

impl From<Contact> for ContactBody {
    fn from(contact: Contact) -> Self {
        Self {
            kakao_uuid: contact.kakao_uuid,
            language: contact.language.into(),
        }
    }
}

impl TryFrom<ContactBody> for Contact {
    type Error = Problem;

    fn try_from(body: ContactBody) -> Result<Self, Problem> {
        let (uuid, bytes) = (&body.kakao_uuid, body.kakao_uuid.as_bytes());
        if bytes.is_empty() || bytes.len() > MAX_UUID_LENGTH || !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(Problem::bad_request(format!(
                "kakaoUuid is 1 to {MAX_UUID_LENGTH} visible ASCII characters, as Kakao's list of friends tells it; \
                 '{uuid}' is not"
            )));
        }
        Ok(Self {
            kakao_uuid: body.kakao_uuid,
            language: body.language.into(),
        })
    }
}

/// Shows where a customer is reached.
#[utoipa::path(get, path = "/notifications/contacts/{customerId}", params(("customerId" = String, Path, max_length = 200)), responses(
    (status = 200, description = "The contact.", body = ContactBody),
    (status = 403, description = "This customer is somebody else."),
    (status = 404, description = "There is none: messages stay in the local outbox."),
))]
pub(super) async fn read(
    State(contacts): State<Arc<dyn ContactRepository>>,
    caller: Caller,
    Path(customer_id): Path<String>,
) -> Result<Json<ContactBody>, Problem> {
    check_access(&caller, &customer_id)?;
    match contacts.find(&customer_id).await? {
        Some(contact) => Ok(Json(contact.into())),
        None => Err(Problem::not_found(format!(
            "customer {customer_id} has no contact; messages stay in the local outbox"
        ))),
    }
}

/// Tells where a customer is reached from now on.
#[utoipa::path(put, path = "/notifications/contacts/{customerId}", params(("customerId" = String, Path, max_length = 200)), request_body = ContactBody, responses(
    (status = 200, description = "The contact.", body = ContactBody),
    (status = 403, description = "This customer is somebody else, or the contact is the sending account itself."),
))]
pub(super) async fn write(
    State(contacts): State<Arc<dyn ContactRepository>>,
    caller: Caller,
    Path(customer_id): Path<String>,
    JsonObject(body): JsonObject<ContactBody>,
) -> Result<Json<ContactBody>, Problem> {
    check_access(&caller, &customer_id)?;
    let contact = Contact::try_from(body)?;
    if contact.is_sending_account() && !caller.is_unrestricted() {
        let detail =
            "kakaoUuid 'me' is the account that sends; give your own id, as Kakao's list of friends tells it";
        return Err(Problem::new(StatusCode::FORBIDDEN, "not-yours", detail));
    }
    contacts.save(&customer_id, &contact, SystemClock.now()).await?;
    Ok(Json(contact.into()))
}

/// Forgets where a customer is reached.
#[utoipa::path(delete, path = "/notifications/contacts/{customerId}", params(("customerId" = String, Path, max_length = 200)), responses(
    (status = 204, description = "There is none now."),
    (status = 403, description = "This customer is somebody else."),
))]
pub(super) async fn remove(
    State(contacts): State<Arc<dyn ContactRepository>>,
    caller: Caller,
    Path(customer_id): Path<String>,
) -> Result<StatusCode, Problem> {
    check_access(&caller, &customer_id)?;
    contacts.remove(&customer_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rejects customers other than the caller.
fn check_access(caller: &Caller, customer_id: &str) -> Result<(), Problem> {
    check_text("customerId", customer_id)?;
    if caller.may_see(customer_id) {
        return Ok(());
    }
    let detail = "this customer is somebody else; a contact is for its customer alone";
    Err(Problem::new(StatusCode::FORBIDDEN, "not-yours", detail))
}

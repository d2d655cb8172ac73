//! Ids, names, reasons and page sizes in requests: checked, so that they can be stored and published.

use fdp_contracts::{InvalidText, LONGEST_TEXT, check_text, optional_text_schema};
use fdp_kit::Problem;
use serde::Deserialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema};

/// The id of a store in a path.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct StoreId(pub(super) String);

impl TryFrom<String> for StoreId {
    type Error = InvalidText;

    fn try_from(store_id: String) -> Result<Self, InvalidText> {
        check_text("storeId", &store_id).map(|()| Self(store_id))
    }
}

/// The valid text of a required field.
pub(super) fn text(field: &'static str, value: Option<String>) -> Result<String, Problem> {
    let value = value.ok_or_else(|| {
        Problem::bad_request(format!("{field} is missing; give it as a string or a number"))
    })?;
    checked(field, &value)?;
    Ok(value)
}

/// Rejects a text that cannot be stored and published.
pub(super) fn checked(field: &'static str, value: &str) -> Result<(), Problem> {
    check_text(field, value).map_err(|error| Problem::bad_request(error.to_string()))
}

/// The schema of such a field.
pub(super) fn text_schema() -> Schema {
    match optional_text_schema() {
        Schema::Object(object) => ObjectBuilder::from(object).max_length(Some(LONGEST_TEXT)).into(),
        other => other,
    }
}

/// How many items a page has if the request does not say.
const DEFAULT_LIMIT: u32 = 100;
/// The most items that a page has.
const MAX_LIMIT: u32 = 500;

/// The size of a page.
pub(super) fn page_size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)
}

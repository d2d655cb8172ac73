//! Ids and names in requests: checked, so that they can be stored and published.

use fdp_contracts::{InvalidText, LONGEST_TEXT, check_text, optional_text_schema};
use fdp_kit::Problem;
use serde::Deserialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema};

/// The id of a product in a path.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ProductId(pub(super) String);

impl TryFrom<String> for ProductId {
    type Error = InvalidText;

    fn try_from(product_id: String) -> Result<Self, InvalidText> {
        check_text("productId", &product_id).map(|()| Self(product_id))
    }
}

/// The valid text of a required field.
pub(super) fn text(field: &'static str, value: Option<String>) -> Result<String, Problem> {
    let value = value.ok_or_else(|| {
        Problem::bad_request(format!("{field} is missing; give it as a string or a number"))
    })?;
    check_text(field, &value).map_err(|error| Problem::bad_request(error.to_string()))?;
    Ok(value)
}

/// The schema of such a field.
pub(super) fn text_schema() -> Schema {
    match optional_text_schema() {
        Schema::Object(object) => ObjectBuilder::from(object).max_length(Some(LONGEST_TEXT)).into(),
        other => other,
    }
}

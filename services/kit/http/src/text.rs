//! Validates ids, names and reasons in requests, so that they can be stored and published; and limits page sizes.

use crate::problem::Problem;
use fdp_contracts::{InvalidText, LONGEST_TEXT, check_text, optional_text_schema};
use utoipa::openapi::schema::{ObjectBuilder, Schema};

/// The page size if the request gives none.
const USUAL_PAGE: u32 = 100;
/// The greatest page size.
const LARGEST_PAGE: u32 = 500;

impl From<InvalidText> for Problem {
    fn from(error: InvalidText) -> Self {
        Self::bad_request(error.to_string())
    }
}

/// The validated text of a required field.
///
/// # Errors
/// When the text is missing, or cannot be stored and published.
pub fn required(field: &'static str, value: Option<String>) -> Result<String, Problem> {
    let value = value.ok_or_else(|| {
        Problem::bad_request(format!("{field} is missing; give it as a string or a number"))
    })?;
    check_text(field, &value)?;
    Ok(value)
}

/// The schema of such a field.
pub fn schema() -> Schema {
    match optional_text_schema() {
        Schema::Object(object) => ObjectBuilder::from(object).max_length(Some(LONGEST_TEXT)).into(),
        other => other,
    }
}

/// The page size: 100 items if the request gives none, and never more than 500.
pub fn page_size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(USUAL_PAGE).min(LARGEST_PAGE)
}

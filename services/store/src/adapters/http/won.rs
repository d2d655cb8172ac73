//! An amount of won in a request: what a store asks of an order beside its items.

use crate::domain::OrderTerms;
use fdp_contracts::optional_number_schema;
use fdp_http::Problem;
use utoipa::openapi::schema::{ObjectBuilder, Schema};

/// The validated amount of a field, in won; 0 if it is missing.
pub(super) fn checked(field: &'static str, won: Option<u64>) -> Result<u64, Problem> {
    match won.unwrap_or_default() {
        won if won > OrderTerms::MAX_WON => Err(Problem::bad_request(format!(
            "{field} is {won}; give an amount from 0 to {} won",
            OrderTerms::MAX_WON
        ))),
        won => Ok(won),
    }
}

/// The schema of such a field.
pub(super) fn schema() -> Schema {
    match optional_number_schema() {
        Schema::Object(object) => ObjectBuilder::from(object)
            .maximum(Some(OrderTerms::MAX_WON))
            .into(),
        other => other,
    }
}

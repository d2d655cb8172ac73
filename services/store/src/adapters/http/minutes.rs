//! A number of minutes in a request: for how long an order may wait.

use crate::domain::TimeLimits;
use fdp_contracts::optional_number_schema;
use fdp_http::Problem;
use utoipa::openapi::schema::{ObjectBuilder, Schema};

/// The validated number of minutes of a field, if it is there.
pub(super) fn checked(field: &'static str, minutes: Option<u32>) -> Result<Option<u32>, Problem> {
    let range = TimeLimits::MINUTES;
    match minutes {
        Some(minutes) if !range.contains(&minutes) => Err(Problem::bad_request(format!(
            "{field} is {minutes}; give a number of minutes from {} to {}",
            range.start(),
            range.end()
        ))),
        _ => Ok(minutes),
    }
}

/// The schema of such a field.
pub(super) fn schema() -> Schema {
    match optional_number_schema() {
        Schema::Object(object) => ObjectBuilder::from(object)
            .minimum(Some(*TimeLimits::MINUTES.start()))
            .maximum(Some(*TimeLimits::MINUTES.end()))
            .into(),
        other => other,
    }
}

//! Validates customers' ids in requests.

use fdp_contracts::check_text;
use fdp_kit::Problem;

/// Rejects what cannot be a customer's id.
pub(super) fn check_customer_id(customer_id: &str) -> Result<(), Problem> {
    check_text("customerId", customer_id).map_err(|error| Problem::bad_request(error.to_string()))
}

//! Who may see and change deliveries.

use fdp_contracts::check_text;
use fdp_http::caller::Role;
use fdp_http::{Caller, Problem};
use http::StatusCode;

/// The id of the rider who calls; `None` for an administrator.
pub(super) fn rider(caller: &Caller) -> Result<Option<&str>, Problem> {
    if caller.is_unrestricted() {
        return Ok(None);
    }
    let rider = caller.subject().filter(|_| delivers(caller));
    let rider = rider.ok_or_else(|| not_yours("only riders deliver"))?;
    check_text("the rider's id", rider)?;
    Ok(Some(rider))
}

/// Whether the caller is a rider or an administrator.
pub(super) fn delivers(caller: &Caller) -> bool {
    let is_rider = matches!(caller, Caller::Person(person) if person.roles.contains(&Role::Rider));
    is_rider || caller.is_unrestricted()
}

/// The problem of a caller who may not do this.
pub(super) fn not_yours(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-your-delivery", detail)
}

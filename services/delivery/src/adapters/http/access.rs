//! Who may see and change deliveries.

use crate::domain::{Actor, Delivery};
use fdp_contracts::check_text;
use fdp_http::caller::Role;
use fdp_http::{Caller, Problem};
use http::StatusCode;

/// The caller as the one who changes a delivery: a rider, or someone who may do everything.
pub(super) fn actor(caller: &Caller) -> Result<Actor, Problem> {
    let subject = caller.subject().map(str::to_owned);
    if let Some(subject) = &subject {
        // It is stored with the delivery and in its history.
        check_text("the caller's id", subject)?;
    }
    match caller {
        Caller::System => Ok(Actor::System),
        Caller::Person(_) if caller.is_unrestricted() => Ok(Actor::Administrator(subject)),
        Caller::Person(_) => subject
            .filter(|_| delivers(caller))
            .map(Actor::Rider)
            .ok_or_else(|| not_yours("only riders deliver")),
    }
}

/// Whether the caller is a rider or an administrator.
fn delivers(caller: &Caller) -> bool {
    let is_rider = matches!(caller, Caller::Person(person) if person.roles.contains(&Role::Rider));
    is_rider || caller.is_unrestricted()
}

/// Lets pass who may see `delivery`: who ordered, a rider who has it or may take it on, and administrators.
pub(super) fn check_sees(caller: &Caller, delivery: &Delivery) -> Result<(), Problem> {
    if caller.may_see(&delivery.parcel.customer_id) {
        return Ok(());
    }
    if !delivers(caller) {
        return Err(not_yours("another customer's order is delivered"));
    }
    match delivery.rider_id.as_deref() {
        Some(rider_id) if caller.subject() == Some(rider_id) => Ok(()),
        Some(_) => Err(not_yours("another rider has this delivery")),
        None if delivery.is_free() => Ok(()),
        None => Err(not_yours(
            "nobody can take this delivery on: the store has not begun to cook, or the delivery has ended",
        )),
    }
}

/// Lets pass who may see the history of `delivery`: the rider who has it, and administrators.
pub(super) fn check_sees_history(by: &Actor, delivery: &Delivery) -> Result<(), Problem> {
    match by.rider() {
        Some(rider) if delivery.rider_id.as_deref() != Some(rider) => {
            Err(not_yours("a delivery's history is shown to the rider who has it"))
        }
        _ => Ok(()),
    }
}

/// The problem of a caller who may not do this.
pub(super) fn not_yours(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-your-delivery", detail)
}

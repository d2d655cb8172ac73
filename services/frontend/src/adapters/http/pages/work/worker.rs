//! As whom a page for owners or riders calls the services.

use crate::adapters::http::pages::visitor::Visitor;
use fdp_http::caller::{Person, Role, not_your_store};
use fdp_http::{Caller, Problem};
use http::StatusCode;

/// The owner who looks at a page of a store. Where nobody signs in, an owner of every store with the id of the guest, so that
/// histories tell one from another.
///
/// # Errors
/// When the visitor does not run the store.
pub(super) fn owner_of(visitor: &Visitor, store_id: &str) -> Result<Caller, Problem> {
    match visitor.caller() {
        Caller::System => Ok(Caller::Person(Person {
            subject: visitor.customer_id.clone(),
            roles: [Role::Owner].into(),
            stores: vec![store_id.to_owned()],
        })),
        caller if caller.may_run(store_id) => Ok(caller.clone()),
        Caller::Person(_) => Err(not_your_store(store_id)),
    }
}

/// The rider who looks at the page of deliveries. Who may do everything delivers as a rider like all others: with a limit, and
/// seeing what riders see; where nobody signs in, with the id of the guest.
///
/// # Errors
/// When the visitor is no rider.
pub(super) fn rider(visitor: &Visitor) -> Result<Rider, Problem> {
    let caller = visitor.caller();
    let is_rider = matches!(caller, Caller::Person(person) if person.roles.contains(&Role::Rider));
    let subject = caller.subject();
    if !is_rider && !visitor.is_unrestricted() || is_rider && subject.is_none() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "role-missing",
            "this page is for the role rider or admin",
        ));
    }
    let id = subject.unwrap_or(&visitor.customer_id).to_owned();
    Ok(Rider {
        caller: Caller::Person(Person {
            subject: id.clone(),
            roles: [Role::Rider].into(),
            stores: Vec::new(),
        }),
        id,
    })
}

/// A rider.
#[derive(Debug)]
pub(super) struct Rider {
    /// As the delivery service is told.
    pub(super) caller: Caller,
    /// The rider's id.
    pub(super) id: String,
}

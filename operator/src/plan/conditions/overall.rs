//! The conditions about the whole platform.

use fdp_crds::condition;

use crate::{
    model::{
        assessment::{Condition, ConditionStatus},
        reason::Reason,
    },
    plan::conditions::{causes::list, ordering::Ordering, part::Part},
};

/// The message of Reconciling while the platform is stalled.
pub(super) const WAITS_FOR_SOMEBODY: &str = "waits for somebody to step in";

/// Ready, Reconciling and Stalled.
pub(super) fn conditions(parts: &[Part], ordering: &Ordering) -> Vec<Condition> {
    let all = || parts.iter().flat_map(|part| &part.health);
    let mut failures: Vec<String> = all()
        .filter(|health| health.needs_person())
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let causes: Vec<String> = all()
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let missing = parts
        .iter()
        .find(|part| part.health.iter().any(|health| !health.is_ready()));
    let condition = |type_, status, reason, message| Condition {
        type_,
        status,
        reason,
        message,
    };
    let felt = ordering.felt();
    let told = |message: String| with_customers(message, felt.as_deref());
    let notices: Vec<String> = parts.iter().flat_map(|part| part.notices.clone()).collect();
    let mut failure = Reason::PartFailed;
    let ready = match (missing, senseless(ordering)) {
        (Some(part), _) => condition(
            condition::READY,
            ConditionStatus::False,
            part.missing,
            told(list(&causes)),
        ),
        (None, Some(reason)) => {
            let message = felt.clone().unwrap_or_default();
            failures.push(message.clone());
            failure = reason;
            condition(condition::READY, ConditionStatus::False, reason, message)
        }
        (None, None) => {
            let mut message = with_customers("everything is up".to_owned(), ordering.words().as_deref());
            if !notices.is_empty() {
                message = format!("{message}; {}", list(&notices));
            }
            condition(
                condition::READY,
                ConditionStatus::True,
                Reason::PlatformReady,
                message,
            )
        }
    };
    let (reconciling, stalled) = if failures.is_empty() {
        let reconciling = if causes.is_empty() {
            condition(
                condition::RECONCILING,
                ConditionStatus::False,
                Reason::Finished,
                "nothing is left to do".to_owned(),
            )
        } else {
            condition(
                condition::RECONCILING,
                ConditionStatus::True,
                Reason::Progressing,
                told(list(&causes)),
            )
        };
        let message = "nothing needs somebody to step in".to_owned();
        (
            reconciling,
            condition(
                condition::STALLED,
                ConditionStatus::False,
                Reason::NotStalled,
                message,
            ),
        )
    } else {
        let message = WAITS_FOR_SOMEBODY.to_owned();
        (
            condition(
                condition::RECONCILING,
                ConditionStatus::False,
                Reason::Stalled,
                message,
            ),
            condition(
                condition::STALLED,
                ConditionStatus::True,
                failure,
                told(list(&failures)),
            ),
        )
    };
    vec![ready, reconciling, stalled]
}

/// The reason of a specification with which everything is up and orders are in vain.
fn senseless(ordering: &Ordering) -> Option<Reason> {
    match ordering {
        Ordering::Refused(_) => Some(Reason::OrdersRefused),
        Ordering::NotDelivered(_) => Some(Reason::OrdersNotDelivered),
        _ => None,
    }
}

/// Says something more in the message of Ready.
pub(super) fn add_to_ready(conditions: &mut [Condition], words: &str) {
    for ready in conditions
        .iter_mut()
        .filter(|known| known.type_ == condition::READY)
    {
        ready.message = format!("{}; {words}", ready.message);
    }
}

/// A message that ends with what customers feel, unless it says so already.
pub(super) fn with_customers(message: String, customers: Option<&str>) -> String {
    match customers {
        Some(customers) if !message.contains(customers) => format!("{message}; {customers}"),
        _ => message,
    }
}

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
    let up = |message| {
        condition(
            condition::READY,
            ConditionStatus::True,
            Reason::PlatformReady,
            message,
        )
    };
    let mut failure = Reason::PartFailed;
    let ready = match (missing, ordering) {
        (Some(part), _) => condition(
            condition::READY,
            ConditionStatus::False,
            part.missing,
            list(&causes) + &ordering.told(),
        ),
        (None, Ordering::Refused(why)) => {
            let message = format!("orders are refused: {why}");
            failures.push(message.clone());
            failure = Reason::OrdersRefused;
            condition(
                condition::READY,
                ConditionStatus::False,
                Reason::OrdersRefused,
                message,
            )
        }
        (None, Ordering::NotMeant(why)) => up(format!("everything is up; no orders are taken: {why}")),
        (None, _) => up("everything is up".to_owned()),
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
                list(&causes),
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
                list(&failures),
            ),
        )
    };
    vec![ready, reconciling, stalled]
}

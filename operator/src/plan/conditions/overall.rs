//! The conditions about the whole platform.

use fdp_crds::condition;

use crate::{
    model::{
        assessment::{Answer, Verdict},
        health::Health,
        reason::Reason,
    },
    plan::conditions::{Part, list},
};

/// Ready, Reconciling and Stalled.
pub(super) fn verdicts(parts: &[Part]) -> Vec<Verdict> {
    let all = || parts.iter().flat_map(|part| &part.health);
    let failures: Vec<String> = all()
        .filter(|health| matches!(health, Health::Failed(_)))
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let causes: Vec<String> = all()
        .filter_map(|health| health.message().map(str::to_owned))
        .collect();
    let missing = parts
        .iter()
        .find(|part| part.health.iter().any(|health| !health.is_ready()));
    let verdict = |type_, status, reason, message| Verdict {
        type_,
        status,
        reason,
        message,
    };
    let ready = match missing {
        None => verdict(
            condition::READY,
            Answer::True,
            Reason::PlatformReady,
            "everything is up".to_owned(),
        ),
        Some(part) => verdict(condition::READY, Answer::False, part.missing, list(&causes)),
    };
    let (reconciling, stalled) = if failures.is_empty() {
        let reconciling = if causes.is_empty() {
            verdict(
                condition::RECONCILING,
                Answer::False,
                Reason::Finished,
                "nothing is left to do".to_owned(),
            )
        } else {
            verdict(
                condition::RECONCILING,
                Answer::True,
                Reason::Progressing,
                list(&causes),
            )
        };
        let message = "nothing needs somebody to step in".to_owned();
        (
            reconciling,
            verdict(condition::STALLED, Answer::False, Reason::NotStalled, message),
        )
    } else {
        let message = "waits for somebody to step in".to_owned();
        (
            verdict(condition::RECONCILING, Answer::False, Reason::Stalled, message),
            verdict(
                condition::STALLED,
                Answer::True,
                Reason::PartFailed,
                list(&failures),
            ),
        )
    };
    vec![ready, reconciling, stalled]
}

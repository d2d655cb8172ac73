//! What the conditions say of the Secrets that a platform names, besides those of its data stores.

use crate::{
    model::{health::Health, observed::Observed, reason::Reason},
    plan::secrets::{
        named::{Named, Reader, of_platform},
        problem::{notice, problem},
    },
    spec::{Store, Validated},
};

/// What waits for a Secret, by the condition that says so. The data stores tell of theirs.
pub(in crate::plan) fn held(platform: &Validated, observed: &Observed) -> Vec<(&'static str, Health)> {
    let of_store = |named: &Named| {
        let mut stores = Store::ALL.into_iter();
        stores.any(|store| named.field == format!("spec.{}.secretRef", store.name()))
    };
    of_platform(platform)
        .iter()
        .filter(|named| !of_store(named))
        .filter_map(|named| {
            let problem = problem(named, platform, observed)?;
            let waits = named.reader == Reader::Pods || problem.reason == Reason::SecretNotShared;
            waits.then_some((
                named.condition,
                Health::Held {
                    reason: problem.reason,
                    message: problem.message,
                    for_person: false,
                },
            ))
        })
        .collect()
}

/// What the messages of conditions add about Secrets without which everything runs on for now.
pub(in crate::plan) fn notices(platform: &Validated, observed: &Observed) -> Vec<(&'static str, String)> {
    of_platform(platform)
        .iter()
        .filter_map(|named| {
            let message = match problem(named, platform, observed) {
                // Nodes that have the image start pods without it, and what the ingress gateway knows it keeps.
                Some(problem) if named.reader != Reader::Pods && problem.reason == Reason::SecretMissing => {
                    problem.message
                }
                Some(_) => return None,
                None => notice(named, platform, observed)?,
            };
            Some((named.condition, message))
        })
        .collect()
}

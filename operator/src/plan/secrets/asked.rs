//! Which Secrets have to be looked at, and how soon again.

use crate::{
    model::{observed::Observed, reason::Reason},
    plan::{
        secrets::{
            named::{Named, of_platform, of_store},
            problem::{Problem, problem},
        },
        stores,
    },
    settings::ReferencedSecrets,
    spec::Validated,
};

/// The Secrets that have to be looked at: those that the platform names, and those of the data stores that it leaves.
pub fn asks_for(platform: &Validated, observed: &Observed) -> Vec<Named> {
    let mut all = of_platform(platform);
    for (store, secret) in stores::secrets_in_use(platform, observed) {
        let named = of_store(platform, store, secret);
        if !all.contains(&named) {
            all.push(named);
        }
    }
    all
}

/// Whether a Secret is missing, or lacks something, that no watch would tell of, so that it has to be read again soon.
pub fn missing(platform: &Validated, observed: &Observed) -> bool {
    let lacks = |problem: Problem| problem.reason == Reason::SecretMissing;
    platform.referenced_secrets == ReferencedSecrets::Any
        && asks_for(platform, observed)
            .iter()
            .any(|named| problem(named, platform, observed).is_some_and(lacks))
}

/// Whether a Secret that the platform names is not watched, so that it has to be read again after a while.
pub fn unwatched(observed: &Observed) -> bool {
    let mut known = observed.referenced.values();
    known.any(|known| known.unlabelled || !known.exists)
}

//! The Secrets with the addresses of external data stores: what they lack, whether anybody has spoken to the store, and
//! whether any store refuses the credentials.

use crate::{
    model::{health::Health, observed::Observed, reason::Reason},
    plan::{
        secrets::{self, Problem},
        stores::{
            form::condition_of,
            in_use::{former, in_use},
            set_up::{problem_in, set_up},
        },
    },
    spec::{Place, Store, Validated},
};

/// The Secrets of the data stores that the services use, or that they leave.
pub(crate) fn secrets_in_use(platform: &Validated, observed: &Observed) -> Vec<(Store, String)> {
    Store::ALL
        .into_iter()
        .flat_map(|store| {
            let places = [
                in_use(platform, observed, store),
                former(platform, observed, store),
            ];
            let secrets = places.into_iter().flatten().filter_map(|place| place.secret);
            secrets.map(move |secret| (store, secret))
        })
        .collect()
}

/// What the health of the stores' servers does not tell: somebody has to have spoken to those that are external, and none
/// may refuse the credentials that its clients have.
pub(crate) fn spoken_to(platform: &Validated, observed: &Observed) -> Vec<(&'static str, Health)> {
    let setup = set_up(platform, observed);
    let health = |store: Store| {
        let refuses = problem_in(store, &setup) == Some(Reason::SignInRefused);
        let Some(secret) = platform.place(store).secret else {
            return refuses.then(|| (condition_of(store), setup.clone()));
        };
        let health = match problem(store, &secret, platform, observed) {
            Some(problem) => Health::Held {
                reason: problem.reason,
                message: problem.message,
                for_person: false,
            },
            None if refuses => setup.clone(),
            None if in_use(platform, observed, store).is_some() => return None,
            None if problem_in(store, &setup).is_some() => setup.clone(),
            None => Health::Waiting(format!(
                "{}: nobody has spoken to the one of Secret {secret} yet: {}",
                store.name(),
                setup.message()?
            )),
        };
        Some((condition_of(store), health))
    };
    Store::ALL.into_iter().filter_map(health).collect()
}

/// What keeps the platform from using the Secret of a store.
pub(super) fn problem(
    store: Store,
    secret: &str,
    platform: &Validated,
    observed: &Observed,
) -> Option<Problem> {
    secrets::problem(
        &secrets::of_store(platform, store, secret.to_owned()),
        platform,
        observed,
    )
}

/// Whether two Secrets lead to the same external store, so that no data is left behind.
pub(super) fn same_address(one: &Place, other: &Place, observed: &Observed) -> bool {
    let address = |place: &Place| {
        let known = observed.referenced.get(place.secret.as_ref()?)?;
        (!known.address.is_empty()).then(|| known.address.clone())
    };
    one.prefix == other.prefix
        && matches!((address(one), address(other)), (Some(one), Some(other)) if one == other)
}

//! The Secrets with the addresses of external data stores: which have to be read, what they lack, and whether anybody has
//! spoken to the store.

use fdp_crds::FoodDeliveryPlatform;
use kube::Resource as _;

use crate::{
    kubernetes::{job, names::SETUP},
    model::{health::Health, observed::Observed, reason::Reason},
    plan::{
        setup,
        stores::{form::condition_of, in_use::in_use},
    },
    spec::{Place, Store, Validated},
};

/// The Secrets that have to be read: those of stores that the services do not use yet.
pub fn asks_for(platform: &Validated, observed: &Observed) -> Vec<String> {
    let mut secrets = Vec::new();
    for store in Store::ALL {
        let asked = platform.place(store);
        let Some(secret) = &asked.secret else { continue };
        let used = in_use(platform, observed, store);
        if used.as_ref() != Some(&asked) || !set_up(platform, observed).is_ready() {
            secrets.push(secret.clone());
            secrets.extend(used.and_then(|used| used.secret));
        }
    }
    secrets.sort();
    secrets.dedup();
    secrets
}

/// Whether a Secret that was read lacks something, so that it has to be read again soon.
pub fn missing(platform: &Validated, observed: &Observed) -> bool {
    Store::ALL.into_iter().any(|store| {
        let secret = platform.place(store).secret;
        secret.is_some_and(|secret| problem(store, &secret, platform, observed).is_some())
    })
}

/// The health of the external stores that the services use: somebody has to have spoken to them.
pub(crate) fn external(platform: &Validated, observed: &Observed) -> Vec<(&'static str, Health)> {
    let setup = set_up(platform, observed);
    let health = |store: Store| {
        let secret = platform.place(store).secret?;
        let health = match problem(store, &secret, platform, observed) {
            Some(message) => Health::Held {
                reason: Reason::SecretMissing,
                message,
                for_person: false,
            },
            // The setup makes nothing in MongoDB; order does not become ready without it.
            None if store == Store::Mongodb || in_use(platform, observed, store).is_some() => return None,
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

fn set_up(platform: &Validated, observed: &Observed) -> Health {
    let name = setup::job_name(platform, &observed.credentials);
    job::health(SETUP, &name, observed)
}

/// What the Secret of a store lacks. One that was not read lacks nothing.
pub(super) fn problem(
    store: Store,
    secret: &str,
    platform: &Validated,
    observed: &Observed,
) -> Option<String> {
    let known = observed.referenced.get(secret)?;
    let keys = store.required_keys();
    let field = format!(
        "spec.{}.secretRef of {} {}",
        store.name(),
        FoodDeliveryPlatform::kind(&()),
        platform.name
    );
    if !known.exists {
        return Some(format!(
            "Secret {secret}, which {field} names, is not in namespace {}: create it with the keys {}",
            platform.namespace,
            keys.join(", ")
        ));
    }
    let lacking: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| !known.keys.contains(*key))
        .collect();
    (!lacking.is_empty()).then(|| {
        format!(
            "Secret {secret}, which {field} names, lacks {}: add what is missing",
            lacking.join(", ")
        )
    })
}

/// Whether two Secrets lead to the same external store, so that no data is left behind.
pub(super) fn same_address(one: &Place, other: &Place, observed: &Observed) -> bool {
    let address = |place: &Place| {
        let known = observed.referenced.get(place.secret.as_ref()?)?;
        (!known.address.is_empty()).then(|| known.address.clone())
    };
    matches!((address(one), address(other)), (Some(one), Some(other)) if one == other)
}

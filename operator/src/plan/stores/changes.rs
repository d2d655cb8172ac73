//! The changes of data stores that the specification asks for, and how far each may go.

use std::borrow::Cow;

use fdp_crds::DeletionPolicy;

use crate::{
    components::{kafka, mongodb, postgres},
    kubernetes::{job, names::SETUP},
    model::{health::Health, observed::Observed, reason::Reason},
    plan::{
        setup,
        stores::{
            copy::command,
            form::{Stores, condition_of},
            in_use::{former, in_use},
            live::restore,
            referenced::{problem, same_address},
            versions::hold_versions,
        },
    },
    spec::{CHANGE_STORE, Place, Store, Validated},
};

struct Change {
    store: Store,
    used: Place,
    asked: Place,
}

/// Decides which data stores the services use now.
///
/// A store that was changed in the specification takes over when all of this is so: its Secret has its keys, or its
/// program says that it is ready; databases, roles and topics are made there; and the change has a second word.
pub(crate) fn stores<'a>(platform: &'a Validated, observed: &Observed) -> Stores<'a> {
    let mut stores = Stores {
        serving: Cow::Borrowed(platform),
        coming: Vec::new(),
        asked: platform,
        prepared: None,
        going: Vec::new(),
        former: None,
        switched: Vec::new(),
        held: Vec::new(),
    };
    let changes = changes(platform, observed);
    if !changes.is_empty() {
        change(&mut stores, &changes, observed);
    }
    hold_versions(&mut stores, observed);
    let left = Store::ALL.map(|store| former(observed, store).map(|place| (store, place)));
    for (store, place) in left.into_iter().flatten() {
        stores.going.push(store);
        let serving = &stores.serving;
        let former = stores.former.get_or_insert_with(|| serving.clone().into_owned());
        restore(former, store, &place, observed);
    }
    stores
}

fn changes(platform: &Validated, observed: &Observed) -> Vec<Change> {
    let change = |store| {
        let (used, asked) = (in_use(platform, observed, store)?, platform.place(store));
        (used != asked).then_some(Change { store, used, asked })
    };
    Store::ALL.into_iter().filter_map(change).collect()
}

fn change(stores: &mut Stores<'_>, changes: &[Change], observed: &Observed) {
    let platform = stores.asked;
    let mut serving = platform.clone();
    for change in changes {
        restore(&mut serving, change.store, &change.used, observed);
    }
    let mut prepared = serving.clone();
    let mut ready = Vec::new();
    for change in changes {
        if let Some(health) = not_ready(platform, change, observed) {
            stores.held.push((condition_of(change.store), health));
        } else {
            prepared.take(change.store, platform);
            ready.push(change);
        }
    }
    let setup = job::health(
        SETUP,
        &setup::job_name(&prepared, &observed.credentials),
        observed,
    );
    for change in &ready {
        if let Some(health) = not_set_up(change, &setup) {
            stores.held.push((condition_of(change.store), health));
        } else if is_confirmed(platform, change, observed) {
            // A suspended platform changes nothing, and says so by itself.
            if !platform.suspend {
                serving.take(change.store, platform);
                stores.switched.push((change.store, change.used.clone()));
            }
        } else {
            let health = unconfirmed(platform, change, observed);
            stores.held.push((condition_of(change.store), health));
        }
    }
    stores.coming = changes.iter().map(|change| change.store).collect();
    stores.prepared = (!ready.is_empty()).then_some(prepared);
    stores.serving = Cow::Owned(serving);
}

/// Why the new store cannot be set up yet.
fn not_ready(platform: &Validated, change: &Change, observed: &Observed) -> Option<Health> {
    let store = change.store;
    if let Some(secret) = &change.asked.secret {
        let message = problem(store, secret, platform, observed)?;
        return Some(Health::Held {
            reason: Reason::SecretMissing,
            message: format!("{message}; until then {} serves on", change.used),
            for_person: false,
        });
    }
    let health = match store {
        Store::Kafka => kafka::brokers_health(platform, observed),
        Store::Postgres => postgres::health(platform, observed),
        Store::Mongodb => mongodb::health(platform, observed).into_iter().collect(),
    };
    let serves_on = |message: &str| format!("{message}; until then {} serves on", change.used);
    health.into_iter().find_map(|health| match health {
        Health::Ready => None,
        Health::Waiting(message) => Some(Health::Waiting(serves_on(&message))),
        Health::Failed(message) => Some(Health::Failed(serves_on(&message))),
        other => Some(other),
    })
}

/// Why the new store is not set up yet. The setup makes nothing in `MongoDB`: order does, and takes no requests before.
fn not_set_up(change: &Change, setup: &Health) -> Option<Health> {
    let message = setup.message().filter(|_| change.store != Store::Mongodb)?;
    let message = format!(
        "{}: {} is being set up, and {} serves on: {message}",
        change.store.name(),
        change.asked,
        change.used
    );
    Some(if setup.needs_person() {
        Health::Failed(message)
    } else {
        Health::Waiting(message)
    })
}

fn is_confirmed(platform: &Validated, change: &Change, observed: &Observed) -> bool {
    let word = word(change);
    platform.confirmed_changes.contains(&word) || same_address(&change.used, &change.asked, observed)
}

/// The second word of a change. It names the new store, so that what is left of it confirms no later change.
fn word(change: &Change) -> String {
    format!("{}={}", change.store.name(), change.asked)
}

fn unconfirmed(platform: &Validated, change: &Change, observed: &Observed) -> Health {
    let (store, name) = (change.store.name(), &platform.name);
    let all: Vec<&String> = platform.confirmed_changes.iter().collect();
    let mut words: Vec<String> = all.into_iter().filter(|word| !word.is_empty()).cloned().collect();
    words.push(word(change));
    Health::Held {
        reason: Reason::StoreChangeUnconfirmed,
        message: format!(
            "{store}: {} could take over, but data does not move by itself, so {} serves on; what it holds would be {}. \
             To go back: describe {} in spec.{store} again. To copy it, while no order is under way: {}. \
             Then confirm: kubectl annotate --overwrite fdp {name} -n {} '{CHANGE_STORE}={}'",
            change.asked,
            change.used,
            fate(platform, change),
            change.used,
            command(platform, change.store, &change.used, &change.asked, observed),
            platform.namespace,
            words.join(",")
        ),
        for_person: true,
    }
}

/// What becomes of the data in the store that is left.
fn fate(platform: &Validated, change: &Change) -> &'static str {
    // A store in the cluster goes with its volume, as the platform would.
    let goes = change.used.secret.is_none() && platform.deletion_policy == DeletionPolicy::Delete;
    if goes {
        "deleted with it, as deletionPolicy is Delete (Retain keeps its volume)"
    } else {
        "left behind"
    }
}

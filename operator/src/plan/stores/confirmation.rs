//! The second word of a change of a data store.

use fdp_crds::DeletionPolicy;

use crate::{
    model::{health::Health, observed::Observed, reason::Reason},
    plan::stores::{change::Change, copy::command},
    spec::{CHANGE_STORE, Validated},
};

/// Whether the platform has the second word for a change. It names the new store, so that what is left of it confirms no
/// later change.
pub(super) fn is_confirmed(platform: &Validated, change: &Change) -> bool {
    platform.confirmed_changes.contains(&word(change))
}

fn word(change: &Change) -> String {
    format!("{}={}", change.store.name(), change.asked())
}

/// What is said of a new store that could take over if somebody had confirmed it.
pub(super) fn unconfirmed(platform: &Validated, change: &Change, observed: &Observed) -> Health {
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
            change.asked(),
            change.used(),
            fate(platform, change),
            change.used(),
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

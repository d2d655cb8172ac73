//! The second word of a change of a data store.

use fdp_crds::DeletionPolicy;

use crate::{
    model::{health::Health, reason::Reason},
    plan::stores::{change::Change, copy::command},
    spec::{CHANGE_STORE, Store, Validated},
};

/// What the second word of a change says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The services take the new store as it is.
    Switch,
    /// What the old store holds is copied before.
    Copy,
}

/// The second word that the platform has for a change. It names the new store, so that what is left of it confirms no later
/// change.
pub(super) fn word_given(platform: &Validated, change: &Change) -> Option<Word> {
    let is_given = |word| platform.confirmed_changes.contains(&written(change, word));
    if can_copy(change) && is_given(Word::Copy) {
        return Some(Word::Copy);
    }
    is_given(Word::Switch).then_some(Word::Switch)
}

/// Whether the operator can copy what the old store holds.
fn can_copy(change: &Change) -> bool {
    matches!(change.store, Store::Kafka | Store::Postgres)
}

fn written(change: &Change, word: Word) -> String {
    let copy = match word {
        Word::Switch => "",
        Word::Copy => ":copy",
    };
    format!("{}={}{copy}", change.store.name(), change.asked())
}

/// What is said of a new store that could take over if somebody had confirmed it.
pub(super) fn unconfirmed(platform: &Validated, change: &Change) -> Health {
    let (store, used) = (change.store.name(), change.used());
    let behind = format!("what it holds would be {}", fate(platform, change));
    let switch = confirms(platform, change, Word::Switch);
    let ways = if can_copy(change) {
        format!(
            "To copy and compare what it holds, while orders are refused: {}. To change without a copy, so that {behind}: {switch}",
            confirms(platform, change, Word::Copy)
        )
    } else {
        format!(
            "{behind}. To copy it, while no order is under way: {}. Then confirm: {switch}",
            command(platform, change.store, &change.used, &change.asked)
        )
    };
    Health::Held {
        reason: Reason::StoreChangeUnconfirmed,
        message: format!(
            "{store}: {} could take over, but data does not move by itself, so {used} serves on. To go back: describe {used} in \
             spec.{store} again. {ways}",
            change.asked()
        ),
        for_person: true,
    }
}

/// The command that confirms a change.
fn confirms(platform: &Validated, change: &Change, word: Word) -> String {
    let given = platform.confirmed_changes.iter();
    let mut words: Vec<String> = given.filter(|word| !word.is_empty()).cloned().collect();
    words.push(written(change, word));
    format!(
        "kubectl annotate --overwrite fdp {} -n {} '{CHANGE_STORE}={}'",
        platform.name,
        platform.namespace,
        words.join(",")
    )
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

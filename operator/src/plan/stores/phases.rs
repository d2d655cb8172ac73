//! The phases of a confirmed change: the services are paused, and take the new store when none of their pods is left.
//!
//! Each phase follows from what is observed: whoever takes the word or the provider back in any of them finds the services
//! on the old store again, which nothing has changed.

use fdp_crds::{ChangePhase, StoreChange, condition::SERVICES_READY};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

use crate::{
    model::{health::Health, observed::Observed, reason::Reason},
    plan::stores::{
        change::Change,
        confirmation::Word,
        copying,
        drain::{Drain, drain, entrance},
        form::{Copying, Stores},
        users::left,
    },
    spec::Store,
};

/// A change that is confirmed, so that the services are paused for it.
pub(super) struct Begun<'c> {
    change: &'c Change,
    word: Word,
    /// What the new store still lacks, or lacks again.
    waits: Option<Health>,
}

impl<'c> Begun<'c> {
    pub(super) fn ready(change: &'c Change, word: Word) -> Self {
        Self {
            change,
            word,
            waits: None,
        }
    }

    pub(super) fn waiting(change: &'c Change, word: Word, health: Health) -> Self {
        Self {
            change,
            word,
            waits: Some(health),
        }
    }
}

/// Whether the services are paused for a change already.
pub(super) fn is_paused_for(change: &Change, observed: &Observed) -> bool {
    under_way(change.store, observed).is_some()
}

/// The change of a store that the status remembers, unless the services have the new store already.
fn under_way(store: Store, observed: &Observed) -> Option<&StoreChange> {
    let change = store.of(&observed.remembered.stores)?.change.as_ref()?;
    (change.phase != ChangePhase::Resuming).then_some(change)
}

/// Takes the confirmed changes as far as they can go now; all of them switch together.
///
/// The switch itself is only a word in the status. The next reconciliation, which reads it there, gives the services the new
/// store: one that was interrupted between the two would else find services on both.
pub(super) fn proceed(stores: &mut Stores<'_>, begun: &[Begun<'_>], observed: &Observed) {
    if begun.is_empty() {
        return;
    }
    let involved: Vec<Store> = begun.iter().map(|begun| begun.change.store).collect();
    stores.drain = drain_first(stores, begun, observed);
    let drains = stores.drain.as_ref().and_then(|drain| drain.waits.clone());
    if drains.is_none() {
        stores.paused.clone_from(&involved);
    }
    let left = match &drains {
        None => left(stores.asked, &involved, observed),
        Some(_) => drains,
    };
    if stores.drain.is_some() && left.is_some() {
        stores.closed.extend(entrance());
    }
    let copied = begun.iter().filter(|begun| begun.word == Word::Copy);
    let copying = copied.map(|begun| copy_of(stores, begun.change.store, left.is_none(), observed));
    stores.copying = copying.collect();
    let told: Vec<(&Begun<'_>, ChangePhase, Option<Health>)> = begun
        .iter()
        .map(|begun| {
            let waits = match &left {
                Some(left) => Some(left.clone()),
                None => begun
                    .waits
                    .clone()
                    .or_else(|| copy_waits(begun, stores, observed)),
            };
            (begun, phase(begun, left.is_some()), waits)
        })
        .collect();
    let suspended = stores.asked.suspend;
    let goes_on = !suspended && told.iter().all(|(_, _, waits)| waits.is_none());
    for (begun, phase, waits) in told {
        let change = begun.change;
        let since = since(change.store, observed);
        let doing = match waits.as_ref().and_then(Health::message) {
            Some(message) => message,
            None if suspended => "it goes on when spec.suspend is false",
            None if goes_on => "the services start with the new one",
            None => "the other change is waited for",
        };
        let message = told_of(change, &since, doing);
        let failed = waits.is_some_and(|waits| waits.needs_person());
        let health = if failed {
            Health::Failed(message)
        } else {
            changing(message)
        };
        stores.hold(change.store, health);
        let phase = if goes_on { ChangePhase::Resuming } else { phase };
        stores.phases.push((change.store, StoreChange { phase, since }));
    }
    if goes_on {
        stores.switched.extend(&involved);
    }
    let names: Vec<&str> = involved.iter().map(|store| store.name()).collect();
    let what = if stores.paused.is_empty() {
        "customers are kept out"
    } else {
        "the services are paused"
    };
    let message = format!("{what} for the change of {}", names.join(" and "));
    stores.held.push((SERVICES_READY, changing(message)));
}

fn phase(begun: &Begun<'_>, pods_are_left: bool) -> ChangePhase {
    if begun.word == Word::Copy && !pods_are_left {
        ChangePhase::Copying
    } else {
        ChangePhase::Pausing
    }
}

/// The wait until everything in Kafka is read, before its users are paused and it is copied.
fn drain_first(stores: &Stores<'_>, begun: &[Begun<'_>], observed: &Observed) -> Option<Drain> {
    let is_read = |begun: &&Begun<'_>| begun.word == Word::Copy && begun.change.store == Store::Kafka;
    let begun = begun.iter().find(is_read)?;
    let change = since(begun.change.store, observed).0.to_string();
    Some(drain(&stores.serving, change, observed))
}

/// The copy to the store that is asked for.
fn copy_of(stores: &Stores<'_>, store: Store, runs: bool, observed: &Observed) -> Copying {
    let from = stores.serving.clone().into_owned();
    let mut to = from.clone();
    to.take(store, stores.asked);
    let pause = copying::pause(store, &from, observed);
    Copying {
        store,
        from,
        to,
        pause,
        runs,
    }
}

fn copy_waits(begun: &Begun<'_>, stores: &Stores<'_>, observed: &Observed) -> Option<Health> {
    let mut copying = stores.copying.iter();
    let copying = copying.find(|copying| copying.store == begun.change.store)?;
    copying::waits(copying, observed)
}

/// When the pause began. The API server keeps whole seconds.
fn since(store: Store, observed: &Observed) -> Time {
    let known = under_way(store, observed).map(|change| change.since.clone());
    known.unwrap_or_else(|| {
        let now = observed.now;
        Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
    })
}

fn told_of(change: &Change, since: &Time, doing: &str) -> String {
    let (store, used, asked) = (change.store.name(), change.used(), change.asked());
    format!(
        "{store}: paused for the change from {used} to {asked} since {}; orders are refused until it is done: {doing}. To go \
         back: describe {used} in spec.{store} again",
        since.0
    )
}

fn changing(message: String) -> Health {
    Health::Held {
        reason: Reason::StoreChanging,
        message,
        for_person: false,
    }
}

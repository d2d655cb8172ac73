//! The phases of a confirmed change: the services are paused, and take the new store when none of their pods is left.
//!
//! Each phase follows from what is observed: whoever takes the word or the provider back in any of them finds the services
//! on the old store again, which nothing has changed.

use fdp_crds::{ChangePhase, StoreChange, condition::SERVICES_READY};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

use crate::{
    model::{health::Health, observed::Observed, reason::Reason},
    plan::stores::{change::Change, form::Stores, users::left},
    spec::Store,
};

/// A change that is confirmed, so that the services are paused for it.
pub(super) struct Begun<'c> {
    change: &'c Change,
    /// What the new store still lacks, or lacks again.
    waits: Option<Health>,
}

impl<'c> Begun<'c> {
    pub(super) fn ready(change: &'c Change) -> Self {
        Self { change, waits: None }
    }

    pub(super) fn waiting(change: &'c Change, health: Health) -> Self {
        Self {
            change,
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
    stores.paused = begun.iter().map(|begun| begun.change.store).collect();
    let left = left(stores.asked, &stores.paused, observed);
    let mut goes_on = !stores.asked.suspend;
    let mut told = Vec::new();
    for begun in begun {
        let (phase, waits) = match &left {
            Some(left) => (ChangePhase::Pausing, Some(Health::Waiting(left.clone()))),
            None => (ChangePhase::Copying, begun.waits.clone()),
        };
        goes_on &= waits.is_none();
        told.push((begun.change, phase, waits));
    }
    for (change, phase, waits) in told {
        let since = since(change.store, observed);
        let health = paused(change, &since, waits.as_ref(), stores.asked.suspend);
        stores.hold(change.store, health);
        let phase = if goes_on { ChangePhase::Resuming } else { phase };
        stores.phases.push((change.store, StoreChange { phase, since }));
    }
    if goes_on {
        stores.switched.extend(&stores.paused);
    }
    let names: Vec<&str> = stores.paused.iter().map(|store| store.name()).collect();
    let message = format!(
        "the services are paused for the change of {}",
        names.join(" and ")
    );
    stores.held.push((SERVICES_READY, changing(message)));
}

/// When the pause began. The API server keeps whole seconds.
fn since(store: Store, observed: &Observed) -> Time {
    let known = under_way(store, observed).map(|change| change.since.clone());
    known.unwrap_or_else(|| {
        let now = observed.now;
        Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
    })
}

fn paused(change: &Change, since: &Time, waits: Option<&Health>, suspended: bool) -> Health {
    let (store, used, asked) = (change.store.name(), change.used(), change.asked());
    let doing = match waits.and_then(Health::message) {
        Some(message) => message.to_owned(),
        None if suspended => "it goes on when spec.suspend is false".to_owned(),
        None => "the services start with the new one".to_owned(),
    };
    let message = format!(
        "{store}: paused for the change from {used} to {asked} since {}; orders are refused until it is done: {doing}. To go \
         back: describe {used} in spec.{store} again",
        since.0
    );
    if waits.is_some_and(Health::needs_person) {
        Health::Failed(message)
    } else {
        changing(message)
    }
}

fn changing(message: String) -> Health {
    Health::Held {
        reason: Reason::StoreChanging,
        message,
        for_person: false,
    }
}

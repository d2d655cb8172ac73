//! Which data stores the services use now, and how far each change goes that the specification asks for.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    model::observed::Observed,
    plan::stores::{
        change::{Change, wanted},
        confirmation::{unconfirmed, word_given},
        form::Stores,
        in_use::former,
        live::restore,
        phases::{Begun, is_paused_for, proceed},
        preparation::{not_ready, not_set_up, serves_on},
        referenced::same_address,
        set_up::set_up,
        users::astray,
        versions::hold_versions,
    },
    spec::{Store, Validated},
};

/// Decides which data stores the services use now.
///
/// A store that was changed in the specification takes over when all of this is so: its Secret has its keys, or its
/// program says that it is ready; databases, roles and topics are made there; the change has a second word; and no pod
/// that uses the old one is left.
pub(crate) fn stores<'a>(platform: &'a Validated, observed: &Observed) -> Stores<'a> {
    let mut stores = Stores {
        serving: Cow::Borrowed(platform),
        coming: Vec::new(),
        asked: platform,
        prepared: None,
        going: Vec::new(),
        former: None,
        paused: Vec::new(),
        drain: None,
        closed: BTreeSet::new(),
        astray: BTreeSet::new(),
        switched: Vec::new(),
        copying: Vec::new(),
        phases: Vec::new(),
        held: Vec::new(),
    };
    let changes = wanted(platform, observed);
    if !changes.is_empty() {
        change(&mut stores, &changes, observed);
    }
    hold_versions(&mut stores, observed);
    let left = Store::ALL.map(|store| former(platform, observed, store).map(|place| (store, place)));
    for (store, place) in left.into_iter().flatten() {
        stores.going.push(store);
        stores.astray.extend(astray(platform, store, &place, observed));
        let serving = &stores.serving;
        let former = stores.former.get_or_insert_with(|| serving.clone().into_owned());
        restore(former, store, &place, observed);
    }
    stores
}

fn change(stores: &mut Stores<'_>, changes: &[Change], observed: &Observed) {
    let platform = stores.asked;
    let mut serving = platform.clone();
    for change in changes {
        restore(&mut serving, change.store, &change.used, observed);
    }
    let mut prepared = serving.clone();
    let (mut ready, mut begun) = (Vec::new(), Vec::new());
    for change in changes {
        match not_ready(platform, change, observed) {
            None => {
                prepared.take(change.store, platform);
                ready.push(change);
            }
            Some(health) => match word_given(platform, change) {
                Some(word) if is_paused_for(change, observed) => {
                    begun.push(Begun::waiting(change, word, health));
                }
                _ => stores.hold(change.store, serves_on(health, change)),
            },
        }
    }
    let setup = set_up(&prepared, observed);
    for change in &ready {
        let word = word_given(platform, change);
        match (not_set_up(change, &setup), word) {
            // A short trouble of the new store must not start and stop all services.
            (Some(health), Some(word)) if is_paused_for(change, observed) => {
                begun.push(Begun::waiting(change, word, health));
            }
            (Some(health), _) => stores.hold(change.store, serves_on(health, change)),
            // Nothing moves, so the services are updated one after the other. A suspended platform changes nothing, and
            // says so by itself.
            (None, _) if same_address(&change.used, &change.asked, observed) => {
                if !platform.suspend {
                    serving.take(change.store, platform);
                    stores.switched.push(change.store);
                }
            }
            (None, None) => stores.hold(change.store, unconfirmed(platform, change)),
            (None, Some(word)) => {
                if !platform.suspend || is_paused_for(change, observed) {
                    begun.push(Begun::ready(change, word));
                }
            }
        }
    }
    stores.coming = changes.iter().map(|change| change.store).collect();
    stores.prepared = (!ready.is_empty()).then_some(prepared);
    stores.serving = Cow::Owned(serving);
    proceed(stores, &begun, observed);
}

//! A change of a data store that the specification asks for.

use crate::{
    model::observed::Observed,
    plan::stores::in_use::in_use,
    spec::{Place, Store, Validated},
};

/// A store that the specification describes in another place than the services use.
pub(super) struct Change {
    pub store: Store,
    pub used: Place,
    pub asked: Place,
}

impl Change {
    /// The store that serves, in words.
    pub(super) fn used(&self) -> String {
        self.used.apart_from(&self.asked)
    }

    /// The store that is asked for, in words.
    pub(super) fn asked(&self) -> String {
        self.asked.apart_from(&self.used)
    }
}

/// The changes that the specification asks for.
pub(super) fn wanted(platform: &Validated, observed: &Observed) -> Vec<Change> {
    let change = |store| {
        let (used, asked) = (in_use(platform, observed, store)?, platform.place(store));
        (used != asked).then_some(Change { store, used, asked })
    };
    Store::ALL.into_iter().filter_map(change).collect()
}

//! The data stores of a platform, and which form of the platform has which.

use std::{borrow::Cow, collections::BTreeSet};

use fdp_crds::{
    StoreChange,
    condition::{DATABASE_READY, KAFKA_READY},
};

use crate::{
    model::health::Health,
    plan::stores::drain::Drain,
    spec::{Store, Validated},
};

/// The data stores of a platform: those that serve, those that come, and those that go.
pub(crate) struct Stores<'a> {
    /// The platform with the stores that its services use.
    pub serving: Cow<'a, Validated>,
    /// The stores that will take over, and the platform as it is asked for, until the last one has.
    pub coming: Vec<Store>,
    pub asked: &'a Validated,
    /// The platform with those of the coming stores that can be set up; `None` if there is none.
    pub prepared: Option<Validated>,
    /// The stores that the services leave while they are updated, and the platform with them.
    pub going: Vec<Store>,
    pub former: Option<Validated>,
    /// The stores that are being changed: nothing that uses one of them has pods.
    pub paused: Vec<Store>,
    /// The wait before that until everything is read, if what the store holds is read by somebody.
    pub drain: Option<Drain>,
    /// The parts through which customers come in, while they are kept out.
    pub closed: BTreeSet<String>,
    /// The parts that get no pods until those are gone which use a store that was left.
    pub astray: BTreeSet<String>,
    /// The stores that the services leave: the status says so from this reconciliation on.
    pub switched: Vec<Store>,
    /// The copies of stores that are being changed.
    pub copying: Vec<Copying>,
    /// How far the changes are.
    pub phases: Vec<(Store, StoreChange)>,
    /// What waits, by the condition that says so.
    pub held: Vec<(&'static str, Health)>,
}

/// A copy of a data store, between two forms of the platform.
pub(crate) struct Copying {
    pub store: Store,
    pub from: Validated,
    pub to: Validated,
    /// What tells the pause of the services in which it is made from another one.
    pub pause: String,
    /// Whether the services are paused, so that it can be made.
    pub runs: bool,
}

impl Stores<'_> {
    /// Says of a store what waits.
    pub(super) fn hold(&mut self, store: Store, health: Health) {
        self.held.push((condition_of(store), health));
    }
}

/// The condition that tells about a data store.
pub(super) fn condition_of(store: Store) -> &'static str {
    match store {
        Store::Kafka => KAFKA_READY,
        Store::Postgres | Store::Mongodb => DATABASE_READY,
    }
}

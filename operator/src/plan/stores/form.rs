//! The data stores of a platform, and which form of the platform has which.

use std::borrow::Cow;

use fdp_crds::condition::{DATABASE_READY, KAFKA_READY};

use crate::{
    model::health::Health,
    spec::{Place, Store, Validated},
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
    /// The stores that the services leave from this reconciliation on, with where they were.
    pub switched: Vec<(Store, Place)>,
    /// What waits, by the condition that says so.
    pub held: Vec<(&'static str, Health)>,
}

/// The condition that tells about a data store.
pub(super) fn condition_of(store: Store) -> &'static str {
    match store {
        Store::Kafka => KAFKA_READY,
        Store::Postgres | Store::Mongodb => DATABASE_READY,
    }
}

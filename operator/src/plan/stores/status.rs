//! What the status says of the data stores.

use fdp_crds::{ChangePhase, FormerStore, StoreChange, StoreStatus, StoresStatus};
use k8s_openapi::api::apps::v1::StatefulSet;

use crate::{
    kubernetes::stateful_set,
    model::observed::Observed,
    plan::stores::{
        form::Stores,
        in_use::{former, in_use},
        live::image,
        moved::moved,
    },
    spec::{Place, Store},
};

/// The data stores that the services use; a new platform uses none until everything was up once.
pub(crate) fn status(stores: &Stores<'_>, observed: &Observed, all_up: bool) -> Option<StoresStatus> {
    let of = |store| of_store(stores, observed, store, all_up);
    let status = StoresStatus {
        kafka: of(Store::Kafka),
        postgres: of(Store::Postgres),
        mongodb: of(Store::Mongodb),
    };
    (status != StoresStatus::default()).then_some(status)
}

fn of_store(stores: &Stores<'_>, observed: &Observed, store: Store, all_up: bool) -> Option<StoreStatus> {
    let platform = stores.asked;
    let switched = stores.switched.contains(&store);
    let serving = if switched {
        platform.place(store)
    } else {
        stores.serving.place(store)
    };
    let left = match in_use(platform, observed, store) {
        None if !all_up => return None,
        None => None,
        Some(used) if used != serving => Some(used),
        Some(_) => {
            former(platform, observed, store).filter(|former| !moved(platform, observed, store, former))
        }
    };
    let now = stores.phases.iter().find(|(of, _)| *of == store);
    let change = match now {
        Some((_, change)) => Some(change.clone()),
        None if left.is_some() => resuming(observed, store),
        None => None,
    };
    Some(StoreStatus {
        image: last_image(stores, observed, store, &serving),
        provider: serving.provider,
        secret: serving.secret,
        prefix: serving.prefix,
        former: left.map(|place| FormerStore {
            provider: place.provider,
            secret: place.secret,
            prefix: place.prefix,
        }),
        change,
    })
}

/// The change whose services start with the new store.
fn resuming(observed: &Observed, store: Store) -> Option<StoreChange> {
    let change = store.of(&observed.remembered.stores)?.change.clone()?;
    Some(StoreChange {
        phase: ChangePhase::Resuming,
        ..change
    })
}

/// The image that last ran, if the operator runs the store.
fn last_image(stores: &Stores<'_>, observed: &Observed, store: Store, serving: &Place) -> Option<String> {
    if !serving.is_managed() {
        return None;
    }
    let recorded = || store.of(&observed.remembered.stores)?.image.clone();
    if !stateful_set::health(stores.asked, store.name(), observed).is_ready() {
        return recorded();
    }
    let set = observed
        .children
        .typed::<StatefulSet>(&stores.asked.child(store.name()));
    set.as_ref().and_then(image).or_else(recorded)
}

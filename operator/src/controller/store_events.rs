//! The events of a change of data stores, one for each of its phases.

use fdp_crds::{ChangePhase, FoodDeliveryPlatformStatus, StoreStatus};
use kube::runtime::events::{Event, EventType};

use crate::spec::Store;

/// What happened to the data stores between two states of the status.
pub(super) fn events(previous: &FoodDeliveryPlatformStatus, next: &FoodDeliveryPlatformStatus) -> Vec<Event> {
    let event = |store: Store| {
        let of = |status: &FoodDeliveryPlatformStatus| {
            let stores = status.stores.as_ref()?;
            store.of(stores).cloned()
        };
        let note = note(store, &of(previous).unwrap_or_default(), &of(next)?)?;
        Some(Event {
            type_: EventType::Normal,
            reason: "StoreChange".to_owned(),
            note: Some(note),
            action: "Report".to_owned(),
            secondary: None,
        })
    };
    Store::ALL.into_iter().filter_map(event).collect()
}

fn note(store: Store, previous: &StoreStatus, next: &StoreStatus) -> Option<String> {
    let phase = |status: &StoreStatus| status.change.as_ref().map(|change| change.phase);
    let (before, now) = (phase(previous), phase(next));
    if before == now {
        return None;
    }
    let (store, provider) = (store.name(), &next.provider);
    Some(match now {
        Some(ChangePhase::Pausing) => {
            format!(
                "{store}: the services are paused to leave {provider}; orders are refused until it is done"
            )
        }
        Some(ChangePhase::Copying) => {
            format!("{store}: no pod uses {provider} any more; what it holds is copied")
        }
        Some(ChangePhase::Resuming) => format!("{store}: the services start with {provider}"),
        None if before == Some(ChangePhase::Resuming) => {
            format!("{store}: the services have moved to {provider}")
        }
        None => format!("{store}: the change was taken back; the services start with {provider} again"),
    })
}

#[cfg(test)]
mod tests {
    use fdp_crds::{StoreChange, StoresStatus};
    use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

    use super::*;

    fn status(provider: &str, phase: Option<ChangePhase>) -> FoodDeliveryPlatformStatus {
        let postgres = StoreStatus {
            provider: provider.to_owned(),
            change: phase.map(|phase| StoreChange {
                phase,
                since: Time(Timestamp::UNIX_EPOCH),
            }),
            ..StoreStatus::default()
        };
        FoodDeliveryPlatformStatus {
            stores: Some(StoresStatus {
                postgres: Some(postgres),
                ..StoresStatus::default()
            }),
            ..FoodDeliveryPlatformStatus::default()
        }
    }

    #[test]
    fn each_phase_of_a_change_is_one_event() {
        let steps = [
            ("Managed", None, None),
            ("Managed", Some(ChangePhase::Pausing), Some("are paused")),
            ("Managed", Some(ChangePhase::Copying), Some("no pod uses Managed")),
            ("Managed", Some(ChangePhase::Copying), None),
            (
                "External",
                Some(ChangePhase::Resuming),
                Some("start with External"),
            ),
            ("External", None, Some("have moved to External")),
            ("External", Some(ChangePhase::Pausing), Some("are paused")),
            ("External", None, Some("was taken back")),
        ];
        let mut previous = FoodDeliveryPlatformStatus::default();
        for (provider, phase, expected) in steps {
            let next = status(provider, phase);
            let events = events(&previous, &next);
            let note = events.first().and_then(|event| event.note.as_deref());
            match expected {
                Some(part) => assert!(note.unwrap_or_default().contains(part), "{note:?}"),
                None => assert_eq!(note, None),
            }
            previous = next;
        }
    }
}

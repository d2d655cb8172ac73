//! The watches that the API server refuses, because the operator lacks a right.

use std::{
    collections::BTreeMap,
    sync::RwLock,
    time::{Duration, Instant},
};

use kube::runtime::watcher;

use crate::{
    connect::chain,
    controller::caches::{
        locks::{read, write},
        places::Place,
    },
};

/// The refused watches, by place and kind.
#[derive(Debug, Default)]
pub struct Refusals(RwLock<BTreeMap<(Place, String), Refusal>>);

#[derive(Debug)]
struct Refusal {
    /// What the API server says.
    message: String,
    since: Instant,
    /// Whether platforms of that place cannot be looked after without it.
    needed: bool,
}

/// The refused watches on a namespace without which its platforms cannot be looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What the API server says, in a fixed order.
    pub messages: Vec<String>,
    /// How long ago the first of them was refused.
    pub ago: Duration,
}

impl Refusals {
    /// Logs that a watch failed; returns whether it was refused. It is tried again in any case, and a refusal is told once.
    pub(super) fn failed(&self, place: &Place, kind: &str, needed: bool, error: &watcher::Error) -> bool {
        let Some(kube::Error::Api(status)) = cause(error).filter(|error| is_forbidden(error)) else {
            tracing::warn!(error = %chain(error), kind, "watching failed, trying again");
            return false;
        };
        let message = status.message.clone();
        let mut refused = write(&self.0);
        if let Some(known) = refused.get_mut(&(place.clone(), kind.to_owned())) {
            known.message = message;
            return true;
        }
        tracing::warn!(right = message, kind, %place, "the operator lacks a right, so it watches again every half a minute");
        let refusal = Refusal {
            message,
            since: Instant::now(),
            needed,
        };
        refused.insert((place.clone(), kind.to_owned()), refusal);
        true
    }

    /// Records that a watch works; returns whether it was refused before.
    pub(super) fn succeeded(&self, place: &Place, kind: &str) -> bool {
        // Every event comes here, and hardly ever is a watch refused.
        if read(&self.0).is_empty() {
            return false;
        }
        let refused = write(&self.0).remove(&(place.clone(), kind.to_owned())).is_some();
        if refused {
            tracing::info!(kind, %place, "the operator has the right to watch now");
        }
        refused
    }

    /// What is refused on a namespace; `None` if nothing is that its platforms need.
    pub fn of(&self, namespace: &str) -> Option<Refused> {
        let refused = read(&self.0);
        let needed: Vec<&Refusal> = refused
            .iter()
            .filter(|((place, _), refusal)| refusal.needed && place.has(namespace))
            .map(|(_, refusal)| refusal)
            .collect();
        let since = needed.iter().map(|refusal| refusal.since).min()?;
        Some(Refused {
            messages: needed.iter().map(|refusal| refusal.message.clone()).collect(),
            ago: since.elapsed(),
        })
    }

    /// What the API server says of one of them.
    pub(super) fn any(&self) -> Option<String> {
        read(&self.0)
            .values()
            .next()
            .map(|refusal| refusal.message.clone())
    }
}

/// The answer that made a watch fail.
pub(super) fn cause(error: &watcher::Error) -> Option<&kube::Error> {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => Some(error),
        watcher::Error::WatchError(_) | watcher::Error::NoResourceVersion => None,
    }
}

/// Whether a watch failed because the operator lacks the right.
pub(super) fn lacks_right(error: &watcher::Error) -> bool {
    cause(error).is_some_and(is_forbidden)
}

fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 403)
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn error(code: u16) -> watcher::Error {
        let status = Status::failure("pods is forbidden", "Forbidden").with_code(code);
        watcher::Error::InitialListFailed(kube::Error::Api(status.boxed()))
    }

    #[test]
    fn a_refusal_is_known_in_its_namespace_until_the_watch_works() {
        let refusals = Refusals::default();
        let food = Place::Namespace("food".to_owned());
        assert!(refusals.failed(&food, "Pod", true, &error(403)));
        assert!(!refusals.failed(&food, "Service", true, &error(500)));
        assert!(refusals.failed(&food, "Kafka", false, &error(403)));
        assert_eq!(refusals.of("food").unwrap().messages, ["pods is forbidden"]);
        assert_eq!(refusals.of("test"), None);
        assert!(!refusals.succeeded(&food, "Service"));
        assert!(refusals.succeeded(&food, "Pod"));
        assert_eq!(refusals.of("food"), None);
        assert!(
            refusals.any().is_some(),
            "the watch that platforms can do without"
        );
    }

    #[test]
    fn a_refusal_everywhere_is_one_in_each_namespace() {
        let refusals = Refusals::default();
        refusals.failed(&Place::Everywhere, "Pod", true, &error(403));
        assert!(refusals.of("food").is_some());
    }
}

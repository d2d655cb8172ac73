//! Reads the events of objects that do not tell by their status why they wait.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use k8s_openapi::{api::core::v1, jiff::Timestamp};
use kube::{Api, Client, api::ListParams};

use crate::{
    controller::api_call::{ApiCall, send},
    kubernetes::health::Silent,
    model::events::{Event, Events},
};

/// How long events count as the latest ones, so that a burst of changes reads them once.
const FRESH: Duration = Duration::from_secs(2);
/// How long to wait after events could not be read, most likely because the operator has not the right to.
const REFUSED: Duration = Duration::from_mins(1);
/// How many objects are asked about in one look. They wait for the same thing, if more wait.
const AT_MOST: usize = 12;
const CONCURRENT: usize = 4;

/// The events that were read last, by the UID of their object.
#[derive(Default)]
pub struct EventReader(Mutex<Read>);

/// When the events of each object were read; `None` if they could not be.
type Read = HashMap<String, (Instant, Option<Vec<Event>>)>;

impl EventReader {
    /// The events of these objects. Without them the status says less, so that they are never an error.
    pub async fn read(&self, client: &Client, namespace: &str, silent: &[Silent]) -> Events {
        let mut events = Events::default();
        if silent.is_empty() {
            return events;
        }
        self.forget_old();
        let api = Api::<v1::Event>::namespaced(client.clone(), namespace);
        let read = stream::iter(silent.iter().take(AT_MOST))
            .map(|object| {
                let api = api.clone();
                async move { (object.uid.clone(), self.of(&api, &object.uid).await) }
            })
            .buffer_unordered(CONCURRENT);
        let read: Vec<_> = read.collect().await;
        for (uid, told) in read {
            if let Some(told) = told {
                events.insert(uid, told);
            }
        }
        events
    }

    async fn of(&self, api: &Api<v1::Event>, uid: &str) -> Option<Vec<Event>> {
        if let Some((_, events)) = self.lock().get(uid) {
            return events.clone();
        }
        let call = ApiCall {
            verb: "list",
            kind: "Event",
            name: uid,
        };
        let parameters = ListParams::default().fields(&format!("involvedObject.uid={uid}"));
        let events = match send(call, api.list(&parameters)).await {
            Ok(list) => Some(list.items.iter().filter_map(event).collect::<Vec<_>>()),
            Err(error) => {
                tracing::warn!(%error, "events cannot be read, so that the status says less");
                None
            }
        };
        self.lock()
            .insert(uid.to_owned(), (Instant::now(), events.clone()));
        events
    }

    fn forget_old(&self) {
        self.lock().retain(|_, (read, events)| {
            let fresh = if events.is_some() { FRESH } else { REFUSED };
            read.elapsed() < fresh
        });
    }

    fn lock(&self) -> MutexGuard<'_, Read> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An event of either kind of recorder: the older ones count, the newer ones have a series.
fn event(event: &v1::Event) -> Option<Event> {
    let created = || event.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let at = event.event_time.as_ref().map(|time| time.0);
    let first = event.first_timestamp.as_ref().map(|time| time.0);
    let first: Timestamp = first.or(at).or_else(created)?;
    let series = event.series.as_ref();
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let last = last.or_else(|| Some(series?.last_observed_time.as_ref()?.0));
    let count = event.count.or_else(|| series?.count);
    Some(Event {
        reason: event.reason.clone().unwrap_or_default(),
        message: event.message.clone().unwrap_or_default(),
        first,
        last: last.unwrap_or(first),
        count: i64::from(count.unwrap_or(1)),
    })
}

//! Follows platforms, and their drills, with the watch API.

use std::{collections::BTreeMap, future::Future, pin::pin};

use fdp_crds::ResilienceDrill;
use futures::{StreamExt as _, future::Either, stream};
use kube::{
    Client, ResourceExt,
    core::DynamicObject,
    runtime::{
        WatchStreamExt as _,
        watcher::{Config, Event, watcher},
    },
};

use crate::{
    cli::status::{StatusError, list::Selection},
    connect::ClusterError,
};

/// An update of what is watched.
#[derive(Debug)]
pub enum Update<'a> {
    /// These are all platforms now, by namespace and name, and all drills beside them.
    Changed {
        platforms: Vec<&'a DynamicObject>,
        drills: Vec<&'a DynamicObject>,
    },
    /// The watch failed and is being retried.
    Interrupted(ClusterError),
}

/// Objects of one kind, as a watch tells them.
#[derive(Default)]
struct Known {
    /// By namespace and name; none before all were listed.
    objects: Option<BTreeMap<(String, String), DynamicObject>>,
    listed: BTreeMap<(String, String), DynamicObject>,
}

/// Passes all platforms to `on_update`, with drills if it is said so, first at the start and then whenever one of them
/// changes, until `stop` completes.
pub async fn watch(
    client: &Client,
    (selection, with_drills): (&Selection, bool),
    mut on_update: impl FnMut(Update<'_>) -> Result<(), StatusError>,
    stop: impl Future<Output = ()>,
) -> Result<(), StatusError> {
    let mut stop = pin!(stop);
    let mut events = pin!(watcher(selection.api(client), selection.watched()).default_backoff());
    let mut of_drills = pin!(if with_drills {
        let api = selection.api_of::<ResilienceDrill>(client);
        Either::Left(watcher(api, Config::default()).default_backoff())
    } else {
        Either::Right(stream::pending())
    });
    let (mut platforms, mut drills) = (Known::default(), Known::default());
    loop {
        let has_changed = tokio::select! {
            () = &mut stop => return Ok(()),
            event = events.next() => match event {
                None => return Ok(()),
                Some(Err(error)) => {
                    on_update(Update::Interrupted(interruption(selection, &error)))?;
                    false
                }
                Some(Ok(event)) => platforms.take(event),
            },
            // Whoever may not read drills sees platforms nevertheless.
            event = of_drills.next() => event.and_then(Result::ok).is_some_and(|event| drills.take(event)),
        };
        if has_changed && platforms.objects.is_some() {
            on_update(Update::Changed {
                platforms: platforms.all(),
                drills: drills.all(),
            })?;
        }
    }
}

impl Known {
    /// Whether something is known now that was not before.
    fn take(&mut self, event: Event<DynamicObject>) -> bool {
        let key = |object: &DynamicObject| (object.namespace().unwrap_or_default(), object.name_any());
        match event {
            Event::Init => {
                self.listed.clear();
                return false;
            }
            Event::InitApply(object) => {
                self.listed.insert(key(&object), object);
                return false;
            }
            Event::InitDone => self.objects = Some(std::mem::take(&mut self.listed)),
            Event::Apply(object) => {
                let objects = self.objects.get_or_insert_default();
                objects.insert(key(&object), object);
            }
            Event::Delete(object) => {
                let objects = self.objects.get_or_insert_default();
                objects.remove(&key(&object));
            }
        }
        true
    }

    fn all(&self) -> Vec<&DynamicObject> {
        self.objects.iter().flat_map(BTreeMap::values).collect()
    }
}

fn interruption(selection: &Selection, error: &kube::runtime::watcher::Error) -> ClusterError {
    use kube::runtime::watcher::Error;
    match error {
        Error::InitialListFailed(error) | Error::WatchStartFailed(error) | Error::WatchFailed(error) => {
            selection.error(error)
        }
        Error::WatchError(_) | Error::NoResourceVersion => ClusterError::Other {
            doing: "watch FoodDeliveryPlatforms".to_owned(),
            message: error.to_string(),
        },
    }
}

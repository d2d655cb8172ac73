//! Follows platforms with the watch API.

use std::{collections::BTreeMap, future::Future, pin::pin};

use futures::StreamExt as _;
use kube::{
    Client, ResourceExt,
    core::DynamicObject,
    runtime::{
        WatchStreamExt as _,
        watcher::{Event, watcher},
    },
};

use crate::{
    cli::status::{StatusError, list::Selection},
    connect::ClusterError,
};

/// An update of the watched platforms.
#[derive(Debug)]
pub enum Update<'a> {
    /// These are all platforms now, by namespace and name.
    Platforms(Vec<&'a DynamicObject>),
    /// The watch failed and is being retried.
    Interrupted(ClusterError),
}

/// Passes all platforms to `on_update`, first at the start and then whenever one of them changes, until `stop`
/// completes.
pub async fn watch(
    client: &Client,
    selection: &Selection,
    mut on_update: impl FnMut(Update<'_>) -> Result<(), StatusError>,
    stop: impl Future<Output = ()>,
) -> Result<(), StatusError> {
    let mut stop = pin!(stop);
    let mut events = pin!(watcher(selection.api(client), selection.watched()).default_backoff());
    let mut platforms: BTreeMap<(String, String), DynamicObject> = BTreeMap::new();
    let mut listed = BTreeMap::new();
    let key = |platform: &DynamicObject| (platform.namespace().unwrap_or_default(), platform.name_any());
    loop {
        let event = tokio::select! {
            () = &mut stop => return Ok(()),
            event = events.next() => event,
        };
        match event {
            None => return Ok(()),
            Some(Err(error)) => {
                on_update(Update::Interrupted(interruption(selection, &error)))?;
                continue;
            }
            Some(Ok(Event::Init)) => {
                listed.clear();
                continue;
            }
            Some(Ok(Event::InitApply(platform))) => {
                listed.insert(key(&platform), platform);
                continue;
            }
            Some(Ok(Event::InitDone)) => platforms = std::mem::take(&mut listed),
            Some(Ok(Event::Apply(platform))) => {
                platforms.insert(key(&platform), platform);
            }
            Some(Ok(Event::Delete(platform))) => {
                platforms.remove(&key(&platform));
            }
        }
        on_update(Update::Platforms(platforms.values().collect()))?;
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

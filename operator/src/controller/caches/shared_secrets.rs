//! The watch on Secrets that platforms may use, of which only the keys and hashes of the values are kept.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    ResourceExt as _,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};

use crate::{
    controller::caches::{places::Place, watched::Watched},
    kubernetes::shared_secrets::{referenced, selector},
};

/// Secrets per page of a list, so that a start needs little memory.
const PAGE: u32 = 50;

const KIND: &str = "Secret of others";

/// Watches Secrets of one place with the label, for ever. A change queues the platforms that may name the Secret.
pub(super) async fn watch(watched: Watched, place: Place) {
    let mut listed: BTreeSet<(String, String)> = BTreeSet::new();
    let mut complete = false;
    let config = watcher::Config::default().labels(&selector()).page_size(PAGE);
    let mut events = watcher(place.api::<Secret>(&watched.client), config)
        .default_backoff()
        .boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(secret)) => {
                listed.insert(key(&secret));
                // Before the first list is complete nothing is reconciled.
                if set(&watched, &secret) && complete {
                    queue(&watched, &secret.namespace().unwrap_or_default());
                }
            }
            Ok(Event::Apply(secret)) => {
                if set(&watched, &secret) {
                    queue(&watched, &secret.namespace().unwrap_or_default());
                }
            }
            Ok(Event::Delete(secret)) => {
                let key = key(&secret);
                if watched.copies.set_shared_secret(key.clone(), None) {
                    queue(&watched, &key.0);
                }
            }
            Ok(Event::InitDone) => {
                if watched.copies.refusals.succeeded(&place, KIND) {
                    watched.triggers.place(&place);
                }
                for namespace in watched.copies.keep_shared_secrets(&place, &listed) {
                    queue(&watched, &namespace);
                }
                if !std::mem::replace(&mut complete, true) {
                    watched.copies.mark_one_complete();
                }
            }
            Err(error) => {
                let refused = watched.copies.refusals.failed(&place, KIND, true, &error);
                if refused && !place.is_everywhere() && !std::mem::replace(&mut complete, true) {
                    watched.copies.mark_one_complete();
                }
            }
        }
    }
}

/// Keeps what is known of a Secret; returns whether that is new.
fn set(watched: &Watched, secret: &Secret) -> bool {
    watched
        .copies
        .set_shared_secret(key(secret), Some(&referenced(secret)))
}

/// Queues the platforms of the namespace; in one without platforms it may be the certificate of an ingress gateway.
fn queue(watched: &Watched, namespace: &str) {
    if !watched.triggers.namespace(namespace) {
        watched.triggers.all();
    }
}

fn key(secret: &Secret) -> (String, String) {
    (secret.namespace().unwrap_or_default(), secret.name_any())
}

//! The watch on autoscalers that people made, of which only the names of what they scale are kept.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kube::{
    ResourceExt as _,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};

use crate::{
    controller::caches::{places::Place, watched::Watched},
    kubernetes::foreign_autoscalers::{scaled_deployment, selector},
};

const KIND: &str = "HorizontalPodAutoscaler of others";

/// Watches autoscalers of one place that are not ours, for ever. A change queues the platforms of its namespace.
pub(super) async fn watch(watched: Watched, place: Place) {
    // By namespace and name: the Deployment that it scales.
    let mut scaled: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut listed = false;
    let mut events = watcher(
        place.api::<HorizontalPodAutoscaler>(&watched.client),
        watcher::Config::default().labels(&selector()),
    )
    .default_backoff()
    .boxed();
    while let Some(event) = events.next().await {
        let touched = match event {
            Ok(Event::Init) => {
                scaled.clear();
                continue;
            }
            Ok(Event::Apply(autoscaler) | Event::InitApply(autoscaler)) => {
                let key = key(&autoscaler);
                let target = scaled_deployment(&autoscaler).map(str::to_owned);
                let before = match &target {
                    Some(target) => scaled.insert(key.clone(), target.clone()),
                    None => scaled.remove(&key),
                };
                (before != target).then_some(key.0)
            }
            Ok(Event::Delete(autoscaler)) => {
                let key = key(&autoscaler);
                scaled.remove(&key).map(|_| key.0)
            }
            Ok(Event::InitDone) => {
                if watched.copies.refusals.succeeded(&place, KIND) {
                    watched.triggers.place(&place);
                }
                if !listed {
                    listed = true;
                    publish(&watched, &place, &scaled);
                    watched.copies.mark_one_complete();
                    continue;
                }
                None
            }
            Err(error) => {
                let refused = watched.copies.refusals.failed(&place, KIND, true, &error);
                if refused && !place.is_everywhere() && !std::mem::replace(&mut listed, true) {
                    watched.copies.mark_one_complete();
                }
                continue;
            }
        };
        let changed = publish(&watched, &place, &scaled);
        match touched {
            Some(namespace) if listed => {
                watched.triggers.namespace(&namespace);
            }
            // The list was read again: anything may have changed meanwhile.
            None if changed => watched.triggers.all(),
            _ => {}
        }
    }
}

/// Shows the copies what is scaled by others; returns whether that is new.
fn publish(watched: &Watched, place: &Place, scaled: &BTreeMap<(String, String), String>) -> bool {
    let deployments = scaled
        .iter()
        .map(|((namespace, _), deployment)| (namespace.clone(), deployment.clone()));
    watched.copies.set_scaled_by_others(place, deployments.collect())
}

fn key(autoscaler: &HorizontalPodAutoscaler) -> (String, String) {
    (autoscaler.namespace().unwrap_or_default(), autoscaler.name_any())
}

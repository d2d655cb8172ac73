//! Observes which custom resource kinds and metrics the cluster serves, and reacts to changes.

use std::{collections::HashMap, future::Future, time::Duration};

use futures::StreamExt as _;
use k8s_openapi::{
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    kube_aggregator::pkg::apis::apiregistration::v1::APIService,
};
use kube::{
    Api, Client, ResourceExt,
    core::{ApiResource, PartialObjectMeta},
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    controller::caches::{
        discovery,
        refusals::lacks_right,
        watched::{Need, Watched},
    },
    model::apis::{Family, MetricsApi},
};

/// The `APIService` of the metrics API.
const METRICS: &str = "v1beta1.metrics.k8s.io";
/// How long to wait before checking again whether a new kind is served: the API server serves it some time after its
/// definition is created.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How many times to check.
const POLLS: usize = 60;

/// Watches `CustomResourceDefinition`s for ever. While the cluster serves a kind that plans use, the objects of that
/// kind are watched too. Without the right to, the API server is asked what it serves, whenever the watch is tried again.
pub(super) async fn custom_resources(watched: Watched, kinds: Vec<ApiResource>) {
    let mut tasks = JoinSet::new();
    let mut defined: HashMap<String, watch::Sender<bool>> = HashMap::new();
    for kind in &kinds {
        let sender = watch::Sender::new(false);
        tasks.spawn(follow(watched.clone(), kind.clone(), sender.subscribe()));
        defined.insert(Family::definition(kind), sender);
    }
    let api = Api::<PartialObjectMeta<CustomResourceDefinition>>::all(watched.client.clone());
    let mut events = watcher(api, watcher::Config::default().page_size(50))
        .default_backoff()
        .boxed();
    let mut complete = false;
    let mut listed: Vec<String> = Vec::new();
    let set_defined = |name: &str, there: bool| {
        if let Some(sender) = defined.get(name) {
            sender.send_replace(there);
        }
    };
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(definition)) => {
                set_defined(&definition.name_any(), true);
                listed.push(definition.name_any());
            }
            Ok(Event::Apply(definition)) => set_defined(&definition.name_any(), true),
            Ok(Event::Delete(definition)) => set_defined(&definition.name_any(), false),
            Ok(Event::InitDone) => {
                for name in defined.keys().filter(|name| !listed.contains(name)) {
                    set_defined(name, false);
                }
                if !std::mem::replace(&mut complete, true) {
                    find_served_kinds(&watched, &defined).await;
                    watched.copies.mark_one_complete();
                }
            }
            Err(error) if lacks_right(&error) => {
                if !complete {
                    tracing::info!(%error, "definitions cannot be watched, so the API server is asked what it serves");
                }
                for (kind, served) in discovery::served(&watched.client, &kinds).await {
                    set_defined(&Family::definition(&kind), served);
                }
                if !std::mem::replace(&mut complete, true) {
                    find_served_kinds(&watched, &defined).await;
                    watched.copies.mark_one_complete();
                }
            }
            Err(error) => {
                tracing::warn!(%error, kind = "CustomResourceDefinition", "watching failed, trying again");
            }
        }
    }
}

/// Finds the kinds that are served at the start. Must run before any platform is reconciled: otherwise kinds would
/// count as missing after a start, and the status would report that.
async fn find_served_kinds(watched: &Watched, defined: &HashMap<String, watch::Sender<bool>>) {
    for kind in Family::ALL.into_iter().flat_map(Family::kinds) {
        let there = defined
            .get(&Family::definition(&kind))
            .is_some_and(|sender| *sender.borrow());
        if there && serves(&watched.client, &kind).await {
            watched.copies.set_apis(|apis| apis.set(&kind, true));
        }
    }
}

/// Watches the objects of one kind while its definition exists.
async fn follow(watched: Watched, kind: ApiResource, mut defined: watch::Receiver<bool>) {
    loop {
        if defined.wait_for(|there| *there).await.is_err() {
            return;
        }
        let mut gone = defined.clone();
        let end = async move {
            let _ = gone.wait_for(|there| !*there).await;
        };
        until(end, async {
            if !is_served_soon(&watched.client, &kind).await {
                tracing::warn!(
                    kind = kind.kind,
                    group = kind.group,
                    version = kind.version,
                    "defined, but not served in this version"
                );
                std::future::pending::<()>().await;
            }
            if watched.copies.set_apis(|apis| apis.set(&kind, true)) {
                tracing::info!(kind = kind.kind, group = kind.group, "the cluster serves it now");
            }
            watched.triggers.all();
            watched
                .clone()
                .objects_everywhere(kind.clone(), Need::Optional)
                .await;
        })
        .await;
        if watched.copies.set_apis(|apis| apis.set(&kind, false)) {
            tracing::info!(
                kind = kind.kind,
                group = kind.group,
                "the cluster does not serve it any more"
            );
        }
        watched.copies.objects.forget(&kind.kind);
        watched.triggers.all();
    }
}

async fn is_served_soon(client: &Client, kind: &ApiResource) -> bool {
    for _ in 0..POLLS {
        if serves(client, kind).await {
            return true;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    false
}

async fn serves(client: &Client, kind: &ApiResource) -> bool {
    match client.list_api_group_resources(&kind.api_version).await {
        Ok(list) => list.resources.iter().any(|resource| resource.name == kind.plural),
        Err(_) => false,
    }
}

/// Watches for ever whether the metrics API is available.
pub(super) async fn metrics(watched: Watched) {
    let config = watcher::Config::default().fields(&format!("metadata.name={METRICS}"));
    let mut events = watcher(Api::<APIService>::all(watched.client.clone()), config)
        .default_backoff()
        .boxed();
    let mut complete = false;
    let mut listed = MetricsApi::Missing;
    while let Some(event) = events.next().await {
        let new = match event {
            Ok(Event::Init) => {
                listed = MetricsApi::Missing;
                false
            }
            Ok(Event::InitApply(service)) => {
                listed = availability(&service);
                false
            }
            Ok(Event::InitDone) => watched.copies.set_metrics(listed.clone()),
            Ok(Event::Apply(service)) => watched.copies.set_metrics(availability(&service)),
            Ok(Event::Delete(_)) => watched.copies.set_metrics(MetricsApi::Missing),
            Err(error) if lacks_right(&error) => {
                let asked = discovery::metrics(&watched.client).await;
                watched.copies.set_metrics(asked)
            }
            Err(error) => {
                tracing::warn!(%error, kind = "APIService", "watching failed, trying again");
                continue;
            }
        };
        if !std::mem::replace(&mut complete, true) {
            watched.copies.mark_one_complete();
        }
        if new {
            watched.triggers.all();
        }
    }
}

fn availability(service: &APIService) -> MetricsApi {
    let conditions = service
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    let available = conditions
        .into_iter()
        .find(|condition| condition.type_ == "Available");
    match available {
        Some(condition) if condition.status == "True" => MetricsApi::Available,
        Some(condition) => MetricsApi::Unavailable(condition.message.clone().unwrap_or_default()),
        None => MetricsApi::Unavailable("not looked at yet".to_owned()),
    }
}

/// Runs `work` until `end` completes.
async fn until(end: impl Future<Output = ()>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = end => {}
        () = work => {}
    }
}

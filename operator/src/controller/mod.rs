//! Keeps platforms as their resources say: observe, plan, apply, report, and again whenever something changes.

pub mod apply;
pub mod backoff;
pub mod caches;
pub mod observe;
pub mod reconcile;
pub mod report;
pub mod writes;

use std::{future::Future, sync::Arc, time::Duration};

use futures::StreamExt as _;
use kube::{
    Client,
    runtime::{
        Controller,
        controller::{Config, Error},
        events::{Recorder, Reporter},
    },
};

use crate::{plan::names, settings::Settings};
use backoff::Backoff;
use caches::{Caches, Platform, Watches};
use writes::RecentWrites;

/// How many platforms are worked on at a time.
const CONCURRENCY: u16 = 4;
/// Changes that come in a burst, as when pods start, are looked at together.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// What every reconciliation works with.
pub struct Context {
    pub client: Client,
    pub settings: Settings,
    pub caches: Caches,
    pub writes: RecentWrites,
    /// Counts repeated events instead of adding new ones.
    pub recorder: Recorder,
    pub reporter: Reporter,
    pub backoff: Backoff,
}

impl Context {
    /// A context over these caches.
    pub fn new(client: Client, settings: Settings, caches: Caches) -> Self {
        let reporter = Reporter {
            controller: names::MANAGER.to_owned(),
            instance: std::env::var("POD_NAME").ok(),
        };
        Self {
            recorder: Recorder::new(client.clone(), reporter.clone()),
            reporter,
            client,
            settings,
            caches,
            writes: RecentWrites::default(),
            backoff: Backoff::default(),
        }
    }
}

/// Reconciles until `stop` completes, and then finishes what it has begun.
///
/// One operator may run at a time: its Deployment has one replica and the strategy `Recreate`. A leader
/// election would have to wrap this call.
pub async fn run(
    context: Arc<Context>,
    watches: Watches,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let mut controller =
        Controller::<Platform>::for_stream(watches.platforms, context.caches.platforms.clone())
            .with_config(Config::default().concurrency(CONCURRENCY).debounce(DEBOUNCE))
            .graceful_shutdown_on(stop);
    for (resource, stream) in watches.children {
        let (context, kind) = (Arc::clone(&context), resource.clone());
        let platform_of = move |child| {
            context.writes.seen(&kind, &child);
            caches::platform_of(&child)
        };
        controller = controller.watches_stream_with(stream, platform_of, resource);
    }
    controller = controller.watches_stream(watches.pods, |pod| caches::platform_of(&pod));
    // Nodes only lend their addresses: nobody is reconciled because of them.
    let nodes = tokio::spawn(watches.nodes.for_each(|_| std::future::ready(())));
    controller
        .run(
            reconcile::reconcile,
            |platform, error, context| reconcile::on_error(&platform, error, &context),
            context,
        )
        .for_each(|result| {
            match result {
                Ok((platform, _)) => tracing::debug!(%platform, "reconciled"),
                // The error policy has said it already.
                Err(Error::ReconcilerFailed(..)) => {}
                // It was deleted while it waited for its turn.
                Err(Error::ObjectNotFound(platform)) => tracing::debug!(%platform, "gone"),
                Err(error) => tracing::error!(%error, "controller"),
            }
            std::future::ready(())
        })
        .await;
    nodes.abort();
}

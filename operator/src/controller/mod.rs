//! Keeps platforms as their resources say: observe, plan, apply, report, and again whenever something changes.

pub mod apply;
pub mod backoff;
pub mod caches;
pub mod leadership;
pub mod observe;
mod patience;
pub mod queue;
pub mod reconcile;
pub mod report;
pub mod writes;

use std::{future::Future, sync::Arc, time::Duration};

use futures::{StreamExt as _, future, stream};
use kube::{
    Client,
    runtime::{
        controller::{Config, Error, applier},
        events::{Recorder, Reporter},
        reflector::ObjectRef,
    },
};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{plan::names, settings::Settings};
use backoff::Backoff;
use caches::{Caches, Platform};
use queue::Queue;
use writes::RecentWrites;

/// How many platforms are worked on at a time.
const CONCURRENCY: u16 = 4;
/// Changes that come in a burst, as when pods start, are looked at together.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// What every reconciliation works with.
pub struct Context {
    pub client: Client,
    pub settings: Settings,
    pub caches: Arc<Caches>,
    pub writes: Arc<RecentWrites>,
    pub queue: Queue,
    /// Counts repeated events instead of adding new ones.
    pub recorder: Recorder,
    pub reporter: Reporter,
    pub backoff: Backoff,
}

impl Context {
    /// A context over these caches. What goes through `client` is what this process may do.
    pub fn new(client: Client, settings: Settings, caches: Arc<Caches>, writes: Arc<RecentWrites>) -> Self {
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
            writes,
            queue: Queue::default(),
            backoff: Backoff::default(),
        }
    }
}

/// Reconciles every platform, and then those that are touched, until `stop` completes; finishes what it has begun.
///
/// One operator may write at a time: call this while [`leadership`] holds the Lease.
pub async fn run(
    context: Arc<Context>,
    touched: UnboundedReceiver<ObjectRef<Platform>>,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) {
    context.caches.synced().await;
    let all: Vec<ObjectRef<Platform>> = context
        .caches
        .platforms
        .state()
        .iter()
        .map(|platform| ObjectRef::from_obj(&**platform))
        .collect();
    let queued = Arc::clone(&context);
    let queue = stream::iter(all)
        .chain(stream::unfold(touched, |mut touched| async {
            touched.recv().await.map(|platform| (platform, touched))
        }))
        .inspect(move |platform| queued.queue.put(platform))
        .map(Ok::<_, std::convert::Infallible>)
        .take_until(stop);
    applier(
        |platform, context| Box::pin(reconcile::reconcile(platform, context)),
        |platform, error: &_, context| reconcile::on_error(&platform, error, &context),
        Arc::clone(&context),
        context.caches.platforms.clone(),
        Box::pin(queue),
        Config::default().concurrency(CONCURRENCY).debounce(DEBOUNCE),
    )
    .for_each(|result| {
        match result {
            Ok((platform, _)) => tracing::debug!(%platform, "reconciled"),
            // The error policy has said it already.
            Err(Error::ReconcilerFailed(..)) => {}
            // It was deleted while it waited for its turn.
            Err(Error::ObjectNotFound(platform)) => {
                context.queue.gone(&platform);
                tracing::debug!(%platform, "gone");
            }
            Err(error) => tracing::error!(%error, "controller"),
        }
        future::ready(())
    })
    .await;
}

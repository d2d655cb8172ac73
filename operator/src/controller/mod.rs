//! Keeps platforms as their resources say: observe, plan, apply, report, and again whenever something changes.

pub mod apply;
pub mod backoff;
pub mod caches;
pub mod cloud;
pub mod finalizer;
pub mod leadership;
pub mod observe;
mod patience;
pub mod queue;
pub mod reconcile;
pub mod report;
pub mod target;
pub mod writes;

use std::{future::Future, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _, future, stream};
use kube::{
    Client,
    runtime::{
        controller::{Config, Error, applier},
        events::{Recorder, Reporter},
        reflector::ObjectRef,
    },
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{kubernetes::names, settings::Settings};
use backoff::Backoff;
use caches::{Caches, Platform};
use cloud::Clouds;
use queue::Queue;
use target::{Remotes, TargetCluster};
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
    /// What platforms have at AWS.
    pub clouds: Clouds,
    /// The clusters there in which platforms run.
    pub remotes: Remotes,
}

impl Context {
    /// A context over these caches. What goes through `client` is what this process may do.
    pub fn new(
        client: Client,
        settings: Settings,
        caches: Arc<Caches>,
        writes: Arc<RecentWrites>,
        remotes: Remotes,
    ) -> Self {
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
            clouds: Clouds::default(),
            remotes,
        }
    }

    /// The cluster with the platforms' resources, as one to work on objects in.
    pub fn home(&self) -> TargetCluster {
        TargetCluster {
            client: self.client.clone(),
            copies: Arc::clone(&self.caches.home),
            writes: Arc::clone(&self.writes),
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
    let (with_cloud, to_cloud) = unbounded_channel();
    let news = context.clouds.changes().map(received);
    let queue = stream::iter(all)
        .chain(stream::select(received(touched), stream::iter(news).flatten()))
        .inspect(move |platform| {
            queued.queue.put(platform);
            let platform_now = queued.caches.platforms.get(platform);
            if platform_now.is_some_and(|platform| cloud::concerns(&platform)) {
                // Nobody listens any more only when the operator ends.
                let _ = with_cloud.send(platform.clone());
            }
        })
        .map(Ok::<_, std::convert::Infallible>)
        .take_until(stop);
    tokio::join!(
        keep_objects(Arc::clone(&context), queue),
        // Ends with the queue, which holds the other end of the channel.
        keep_clouds(context, received(to_cloud)),
    );
}

fn received<T>(receiver: UnboundedReceiver<T>) -> impl Stream<Item = T> {
    stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|item| (item, receiver))
    })
}

/// Keeps what platforms have in the cluster.
async fn keep_objects(
    context: Arc<Context>,
    queue: impl Stream<Item = Result<ObjectRef<Platform>, std::convert::Infallible>> + Send + 'static,
) {
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
                context.clouds.forget(&caches::key_of(&platform));
                context.remotes.forget(&caches::key_of(&platform));
                tracing::debug!(%platform, "gone");
            }
            Err(error) => tracing::error!(%error, "controller"),
        }
        future::ready(())
    })
    .await;
}

/// Keeps what platforms have at AWS.
async fn keep_clouds(context: Arc<Context>, queue: impl Stream<Item = ObjectRef<Platform>> + Send + 'static) {
    applier(
        |platform, context| Box::pin(cloud::reconcile(platform, context)),
        |platform, error: &_, context| cloud::on_error(&platform, error, &context),
        Arc::clone(&context),
        context.caches.platforms.clone(),
        Box::pin(queue.map(Ok::<_, std::convert::Infallible>)),
        Config::default().concurrency(CONCURRENCY).debounce(DEBOUNCE),
    )
    .for_each(|result| {
        if let Err(Error::QueueError(error)) = result {
            tracing::error!(%error, "controller of clouds");
        }
        future::ready(())
    })
    .await;
}

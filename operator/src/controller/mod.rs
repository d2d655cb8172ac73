//! Reconciles platforms whenever something changes: observe, plan, apply and report.

mod api_call;
pub mod apply;
pub mod aws;
pub mod backoff;
pub mod caches;
pub mod condition_changes;
pub mod context;
pub mod drills;
pub mod ending_namespaces;
pub mod events;
pub mod fence;
pub mod finalizer;
mod host_claims;
pub mod lease;
pub mod observe;
mod outages;
pub mod platform;
pub mod queue;
pub mod recent_writes;
pub mod reconcile;
pub mod recorders;
pub mod remote_cluster;
pub mod report;
pub mod restores;
mod status;
mod store_events;
pub mod target_cluster;
pub mod unstored_passwords;

use std::{future::Future, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _, future, stream};
use kube::runtime::{
    controller::{Config, Error, applier},
    reflector::ObjectRef,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub use context::Context;

use platform::{Platform, PlatformKey};

/// How many platforms are reconciled at the same time.
const CONCURRENCY: u16 = 4;
/// A burst of changes, for example when pods start, leads to one reconciliation.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// Reconciles every platform, and then the `triggered` ones, until `stop` completes; then finishes running work.
///
/// Call this only while holding the Lease ([`lease`]): one operator at a time may write.
pub async fn run(
    context: Arc<Context>,
    triggered: UnboundedReceiver<ObjectRef<Platform>>,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let mut stop = Box::pin(stop);
    tokio::select! {
        () = context.caches.synced() => {}
        () = &mut stop => return,
    }
    let all: Vec<ObjectRef<Platform>> = context
        .caches
        .platforms
        .state()
        .iter()
        .map(|platform| ObjectRef::from_obj(&**platform))
        .collect();
    let queued = Arc::clone(&context);
    let (to_aws, aws_queue) = unbounded_channel();
    let aws_changes = context.aws.changes().map(received);
    let queue = stream::iter(all)
        .chain(stream::select(
            received(triggered),
            stream::iter(aws_changes).flatten(),
        ))
        .inspect(move |platform| {
            queued.queue.add(platform);
            let platform_now = queued.caches.platforms.get(platform);
            if platform_now.is_some_and(|platform| aws::uses_aws(&platform)) {
                // The receiver is gone only when the operator stops.
                let _ = to_aws.send(platform.clone());
            }
        })
        .map(Ok::<_, std::convert::Infallible>)
        .take_until(stop);
    tokio::join!(
        reconcile_objects(Arc::clone(&context), queue),
        // Ends when the queue ends, which holds the sending end of the channel.
        reconcile_aws(context, received(aws_queue)),
    );
}

fn received<T>(receiver: UnboundedReceiver<T>) -> impl Stream<Item = T> {
    stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|item| (item, receiver))
    })
}

/// Reconciles the Kubernetes objects of platforms.
async fn reconcile_objects(
    context: Arc<Context>,
    queue: impl Stream<Item = Result<ObjectRef<Platform>, std::convert::Infallible>> + Send + 'static,
) {
    let for_drills = Arc::clone(&context);
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
            // The error policy has logged it already.
            Err(Error::ReconcilerFailed(..)) => {}
            // It was deleted while it was queued.
            Err(Error::ObjectNotFound(platform)) => {
                context.queue.deleted(&platform);
                context.aws.forget(&PlatformKey::of_reference(&platform));
                context.passwords.forget(&PlatformKey::of_reference(&platform));
                context.restores.forget(&PlatformKey::of_reference(&platform));
                context
                    .ending_namespaces
                    .forget(&PlatformKey::of_reference(&platform));
                context
                    .remote_clusters
                    .forget(&PlatformKey::of_reference(&platform));
                tracing::debug!(%platform, "gone");
                let drilled = Arc::clone(&for_drills);
                let key = PlatformKey::of_reference(&platform);
                tokio::spawn(async move { drills::end_without_platform(&drilled, &key).await });
            }
            Err(error) => tracing::error!(%error, "controller"),
        }
        future::ready(())
    })
    .await;
}

/// Reconciles the resources of platforms at AWS.
async fn reconcile_aws(
    context: Arc<Context>,
    queue: impl Stream<Item = ObjectRef<Platform>> + Send + 'static,
) {
    applier(
        |platform, context| Box::pin(aws::reconcile(platform, context)),
        |platform, error: &_, context| aws::on_error(&platform, error, &context),
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

//! The outbox relay: publishes the pending events of orders, those of one order in sequence, and removes them.
//!
//! One replica relays at a time. Its own changes wake it, and it polls for those of other replicas. A former relay that
//! was paused in the middle of a batch may publish that batch again; consumers recognise the events by their ids.

use crate::adapters::storage::mongodb::MongoOrders;
use crate::adapters::storage::mongodb::relay_lease::{self, Lease};
use crate::application::ports::RepositoryError;
use fdp_messaging::kafka::Cluster;
use fdp_messaging::publisher::{PublishError, Publisher, Record};
use fdp_runtime::{Check, Health};
use mongodb::Database;
use mongodb::bson::DateTime;
use std::convert::Infallible;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The number of orders whose events one batch publishes.
const BATCH: i64 = 200;
/// How often the relay polls for events of other replicas.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The delay after a failure.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// How long releasing the lease may delay the shutdown.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the relay stopped.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("another replica has become the relay")]
    Overtaken,
}

/// Where the relay publishes to.
#[derive(Debug, Clone)]
pub struct Relay {
    /// The brokers.
    pub cluster: Cluster,
    /// The client id of this replica.
    pub client_id: String,
    /// The topic of order events.
    pub topic: &'static str,
}

impl Relay {
    /// Publishes the pending events of `orders` in `database`, while this replica has the lease, until stopped.
    pub async fn run(self, database: Database, orders: MongoOrders, health: Health, stop: CancellationToken) {
        let check = health.informative("outbox relay");
        // Two replicas may briefly have the same name, but they must not share a lease.
        let holder = format!("{}/{}", self.client_id, Uuid::now_v7());
        let work = async {
            loop {
                // Before that, the indexes may be missing.
                health.until_tasks_may_run().await;
                let Err(error) = self.lead(&database, &orders, &holder, &check).await;
                tracing::warn!(%error, "the relay stopped and will start again");
                check.failing(&error.to_string());
                tokio::time::sleep(RETRY_DELAY).await;
            }
        };
        stop.run_until_cancelled(work).await;
        if let Err(error) = with_release_timeout(relay_lease::release(&database, &holder)).await {
            tracing::debug!(%error, "the next relay has to wait for the lease to end");
        }
    }

    /// Acquires the lease, and publishes for as long as this replica keeps it.
    async fn lead(
        &self,
        database: &Database,
        orders: &MongoOrders,
        holder: &str,
        check: &Check,
    ) -> Result<Infallible, RelayError> {
        let mut lease = Lease::acquire(database, holder, check).await?;
        let mut publisher = Publisher::new(&self.cluster, &self.client_id, check.clone())?;
        loop {
            keep(&mut lease).await?;
            match self.publish_batch(orders, &publisher, &mut lease).await {
                Ok(0) => tokio::select! {
                    () = orders.pending.notified() => {}
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                },
                Ok(_) => {}
                Err(RelayError::Publish(PublishError::NoAnswer(_))) => publisher.renew()?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Publishes and removes the pending events of the orders that have waited longest; returns the number of events.
    async fn publish_batch(
        &self,
        orders: &MongoOrders,
        publisher: &Publisher,
        lease: &mut Lease,
    ) -> Result<usize, RelayError> {
        let waiting = orders.waiting(BATCH).await?;
        let pending = || waiting.iter().flat_map(|order| &order.pending);
        let Some(oldest) = pending().map(|event| event.at).min() else {
            publisher.idle();
            return Ok(0);
        };
        let records = waiting.iter().flat_map(|order| {
            order.pending.iter().map(|event| Record {
                topic: self.topic,
                key: &order.order_id,
                payload: &event.payload,
            })
        });
        let mut sending = publisher.send(records, age(oldest))?;
        while !sending.done().await? {
            // Keep the lease even while the broker is unavailable: otherwise the replicas would take turns at
            // publishing the same events.
            keep(lease).await?;
        }
        orders.remove_events(&waiting).await?;
        for event in pending() {
            metrics::counter!("outbox_published_total", "type" => event.kind.clone()).increment(1);
        }
        Ok(pending().count())
    }
}

/// Keeps the lease alive, unless another replica has taken it over.
async fn keep(lease: &mut Lease) -> Result<(), RelayError> {
    if lease.holds().await? {
        Ok(())
    } else {
        Err(RelayError::Overtaken)
    }
}

fn age(at: DateTime) -> Duration {
    let millis = DateTime::now().timestamp_millis() - at.timestamp_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

async fn with_release_timeout(
    work: impl Future<Output = Result<(), RepositoryError>>,
) -> Result<(), RepositoryError> {
    tokio::time::timeout(RELEASE_TIMEOUT, work)
        .await
        .unwrap_or_else(|elapsed| Err(RepositoryError::Unreachable(elapsed.into())))
}

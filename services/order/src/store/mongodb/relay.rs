//! The relay: publishes the events that orders owe the world, those of one order in their order, and takes them out.
//!
//! One replica relays at a time. It is woken by its own changes and looks for those of other replicas by itself. A
//! former relay that was paused in the middle of a batch may publish it late: these are events that were published
//! since, and consumers tell by their ids.

use super::connection::in_time;
use super::document::OwingDocument;
use super::lease::{self, Lease};
use super::orders::MongoOrders;
use crate::app::ports::StoreError;
use fdp_kit::publisher::{PublishError, Publisher, Record};
use fdp_kit::{Check, Health};
use futures::TryStreamExt as _;
use mongodb::Database;
use mongodb::bson::{DateTime, doc};
use std::convert::Infallible;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Orders whose events are published together.
const BATCH: i64 = 200;
/// How long an event waits that another replica's order owes, at most.
const LOOK_ANYWAY: Duration = Duration::from_millis(200);
/// How long the relay waits after a failure.
const RETRY: Duration = Duration::from_secs(1);
/// How long giving the lease back may hold up the end.
const GOODBYE: Duration = Duration::from_secs(2);

/// What went wrong with the relay.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("another replica has become the relay")]
    Overtaken,
}

impl From<mongodb::error::Error> for RelayError {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Where the events go.
#[derive(Debug, Clone)]
pub struct Relay {
    /// `host:9092`, or several.
    pub brokers: String,
    /// This replica.
    pub client_id: String,
    /// The topic of the orders' events.
    pub topic: &'static str,
}

impl Relay {
    /// Publishes what `orders` in `database` owe, whenever this replica has the lease, until stopped.
    pub async fn run(self, database: Database, orders: MongoOrders, health: Health, stop: CancellationToken) {
        let check = health.informative("outbox relay");
        // Two replicas may have the same name for a moment; their leases may not.
        let holder = format!("{}/{}", self.client_id, Uuid::now_v7());
        let work = async {
            loop {
                // Before the first preparation there is no index to look with.
                health.until_ready().await;
                let Err(error) = self.lead(&database, &orders, &holder, &check).await;
                tracing::warn!(%error, "the relay stopped and will start again");
                check.failing(&error.to_string());
                tokio::time::sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = stop.cancelled() => {}
        }
        if let Err(error) = in_goodbye(lease::give_back(&database, &holder)).await {
            tracing::debug!(%error, "the next relay has to wait for the lease to end");
        }
    }

    /// Relays as soon as this replica has the lease, and for as long as it keeps it.
    async fn lead(
        &self,
        database: &Database,
        orders: &MongoOrders,
        holder: &str,
        check: &Check,
    ) -> Result<Infallible, RelayError> {
        let mut lease = Lease::acquire(database, holder, check).await?;
        let publisher = Publisher::new(&self.brokers, &self.client_id, check.clone())?;
        loop {
            keep(&mut lease).await?;
            if self.publish_batch(orders, &publisher, &mut lease).await? == 0 {
                tokio::select! {
                    () = orders.owes.notified() => {}
                    () = tokio::time::sleep(LOOK_ANYWAY) => {}
                }
            }
        }
    }

    /// Publishes what the orders that have waited longest owe, and takes it out; gives how many events that were.
    async fn publish_batch(
        &self,
        orders: &MongoOrders,
        publisher: &Publisher,
        lease: &mut Lease,
    ) -> Result<usize, RelayError> {
        let owing = owing(orders).await?;
        let pending = || owing.iter().flat_map(|order| &order.pending);
        let Some(oldest) = pending().map(|event| event.at).min() else {
            publisher.idle();
            return Ok(0);
        };
        let records = owing.iter().flat_map(|order| {
            order.pending.iter().map(|event| Record {
                topic: self.topic,
                key: &order.order_id,
                payload: &event.payload,
            })
        });
        let mut sending = publisher.send(records, age(oldest))?;
        while !sending.done().await? {
            // While the broker is away too: else the replicas would take turns with the same events.
            keep(lease).await?;
        }
        let order_ids: Vec<&str> = owing.iter().map(|order| order.order_id.as_str()).collect();
        let ids: Vec<&str> = pending().map(|event| event.id.as_str()).collect();
        let theirs = doc! {"_id": {"$in": &order_ids}};
        let forget = doc! {"$pull": {"pending": {"id": {"$in": &ids}}}};
        in_time(orders.orders.update_many(theirs, forget)).await?;
        for event in pending() {
            metrics::counter!("outbox_published_total", "type" => event.kind.clone()).increment(1);
        }
        Ok(ids.len())
    }
}

/// Shows that the holder of `lease` lives, unless another replica has it by now.
async fn keep(lease: &mut Lease) -> Result<(), RelayError> {
    if lease.holds().await? {
        Ok(())
    } else {
        Err(RelayError::Overtaken)
    }
}

async fn owing(orders: &MongoOrders) -> Result<Vec<OwingDocument>, mongodb::error::Error> {
    let typed = orders.orders.clone_with_type::<OwingDocument>();
    let owing = typed
        .find(doc! {"pending.at": {"$exists": true}})
        .sort(doc! {"pending.at": 1})
        .limit(BATCH)
        .projection(doc! {"pending": 1});
    in_time(async { owing.await?.try_collect().await }).await
}

fn age(at: DateTime) -> Duration {
    let millis = DateTime::now().timestamp_millis() - at.timestamp_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

async fn in_goodbye(work: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
    tokio::time::timeout(GOODBYE, work)
        .await
        .unwrap_or_else(|elapsed| Err(StoreError::Unreachable(elapsed.into())))
}

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
use fdp_kit::{Check, Health, kafka};
use futures::TryStreamExt as _;
use futures::future::try_join_all;
use mongodb::Database;
use mongodb::bson::{DateTime, doc};
use rdkafka::producer::{FutureProducer, FutureRecord};
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
    #[error("making a Kafka producer: {0}")]
    Client(rdkafka::error::KafkaError),
    #[error("publishing to the topic {topic}: {reason}")]
    Publish { topic: &'static str, reason: String },
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
                check.failing("another replica relays");
                match self.lead(&database, &orders, &holder, &check).await {
                    Ok(()) => tracing::info!("another replica has become the relay"),
                    Err(error) => {
                        tracing::warn!(%error, "the relay stopped and will start again");
                        check.failing(&error.to_string());
                    }
                }
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

    /// Relays for as long as this replica has the lease.
    async fn lead(
        &self,
        database: &Database,
        orders: &MongoOrders,
        holder: &str,
        check: &Check,
    ) -> Result<(), RelayError> {
        let mut lease = Lease::acquire(database, holder).await?;
        // A producer of this lead's own: after a fatal error (the broker lost its memory of us) only a new one works.
        let producer = kafka::producer(&self.brokers, &self.client_id).map_err(RelayError::Client)?;
        while lease.holds().await? {
            let published = self.publish_batch(orders, &producer).await?;
            check.ready();
            if published == 0 {
                tokio::select! {
                    () = orders.owes.notified() => {}
                    () = tokio::time::sleep(LOOK_ANYWAY) => {}
                }
            }
        }
        Ok(())
    }

    /// Publishes what the orders that have waited longest owe, and takes it out; gives how many events that were.
    async fn publish_batch(
        &self,
        orders: &MongoOrders,
        producer: &FutureProducer,
    ) -> Result<usize, RelayError> {
        let owing = owing(orders).await?;
        let oldest = owing
            .iter()
            .flat_map(|order| &order.pending)
            .map(|event| event.at)
            .min();
        metrics::gauge!("outbox_oldest_unpublished_seconds").set(oldest.map_or(0.0, age));
        let (mut order_ids, mut ids, mut deliveries) = (Vec::new(), Vec::new(), Vec::new());
        for order in &owing {
            for event in &order.pending {
                let record = FutureRecord::to(self.topic)
                    .key(&order.order_id)
                    .payload(&event.payload);
                let delivery = producer
                    .send_result(record)
                    .map_err(|(error, _)| self.refused(&error))?;
                deliveries.push(async move {
                    match delivery.await {
                        Ok(Ok(_)) => Ok(()),
                        Ok(Err((error, _))) => Err(self.refused(&error)),
                        Err(closed) => Err(self.refused(&closed)),
                    }
                });
                ids.push(&event.id);
            }
            order_ids.push(&order.order_id);
        }
        if ids.is_empty() {
            return Ok(0);
        }
        try_join_all(deliveries).await?;
        let theirs = doc! {"_id": {"$in": &order_ids}};
        let published = doc! {"$pull": {"pending": {"id": {"$in": &ids}}}};
        in_time(orders.orders.update_many(theirs, published)).await?;
        for event in owing.iter().flat_map(|order| &order.pending) {
            metrics::counter!("outbox_published_total", "type" => event.kind.clone()).increment(1);
        }
        Ok(ids.len())
    }

    fn refused(&self, reason: &dyn std::fmt::Display) -> RelayError {
        RelayError::Publish {
            topic: self.topic,
            reason: reason.to_string(),
        }
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

/// In seconds.
fn age(at: DateTime) -> f64 {
    let millis = DateTime::now().timestamp_millis() - at.timestamp_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(0)).as_secs_f64()
}

async fn in_goodbye(work: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
    tokio::time::timeout(GOODBYE, work)
        .await
        .unwrap_or_else(|elapsed| Err(StoreError::Unreachable(elapsed.into())))
}

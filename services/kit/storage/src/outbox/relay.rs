//! The relay: publishes the events in the outbox.

use crate::database::in_time;
use crate::outbox::error::OutboxError;
use crate::outbox::wakes::Wakes;
use crate::outbox::writer::Outbox;
use fdp_messaging::kafka::Cluster;
use fdp_messaging::publisher::{PublishError, Publisher, Record};
use fdp_runtime::{Check, Health};
use serde::Deserialize;
use sqlx::postgres::{PgConnection, PgListener};
use sqlx::{Connection, PgPool, Row};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The NOTIFY channel that wakes the relay.
const CHANNEL: &str = "outbox";
/// The advisory lock that the only relay of a database holds; the number is arbitrary, but must be unique there.
const RELAY_LOCK: i64 = 0x6f75_7462_6f78;
const BATCH: i64 = 500;
/// The longest delay for an event when a wake-up is lost.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The timeout for the relay's database calls; after that the database's machine is considered down.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);
/// How soon another replica takes over from a relay that failed.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// Publishes the events of `outbox` in the database of `pool`, whenever this replica is the relay, until stopped.
pub(crate) async fn relay(
    outbox: Outbox,
    pool: PgPool,
    cluster: Cluster,
    client_id: String,
    health: Health,
    stop: CancellationToken,
) {
    let check = health.informative("outbox relay");
    let wakes = &outbox.wakes;
    let work = async {
        loop {
            // Until the first migration, there is no outbox table.
            health.until_tasks_may_run().await;
            let led = lead(&pool, &cluster, &client_id, wakes, &check).await;
            wakes.set_leads(false);
            match led {
                Ok(()) => check.failing("another replica relays"),
                Err(error) => {
                    tracing::warn!(%error, "the relay stopped and will start again");
                    check.failing(&error.to_string());
                }
            }
            tokio::time::sleep(TAKE_OVER).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = wake_the_others(&pool, wakes) => {}
        () = stop.cancelled() => {}
    }
}

/// Forwards wake-ups to the replica that runs the relay, batched: one statement for all commits since the last one.
async fn wake_the_others(pool: &PgPool, wakes: &Wakes) {
    loop {
        wakes.elsewhere.notified().await;
        let notified = async {
            notify(
                &mut *pool
                    .acquire()
                    .await
                    .map_err(OutboxError::database("waking the relay"))?,
            )
            .await
        };
        if let Err(error) = notified.await {
            tracing::debug!(%error, "the relay has to look by itself");
        }
    }
}

/// Runs the relay for as long as this replica holds the lock; returns at once when another replica holds it.
async fn lead(
    pool: &PgPool,
    cluster: &Cluster,
    client_id: &str,
    wakes: &Wakes,
    check: &Check,
) -> Result<(), OutboxError> {
    // The lock belongs to this connection, which also reads: if it breaks, the relay loses both at the same time.
    let options = pool.connect_options();
    let mut connection = in_time(DATABASE_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(OutboxError::database("connecting the relay"))?;
    let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(RELAY_LOCK);
    let leads: bool = in_time(DATABASE_TIMEOUT, lock.fetch_one(&mut connection))
        .await
        .map_err(OutboxError::database("asking for the relay's lock"))?;
    if !leads {
        return Ok(());
    }
    let mut publisher = Publisher::new(cluster, client_id, check.clone())?;
    let mut wake_ups = in_time(DATABASE_TIMEOUT, PgListener::connect_with(pool))
        .await
        .map_err(OutboxError::database("listening for wake-ups"))?;
    in_time(DATABASE_TIMEOUT, wake_ups.listen(CHANNEL))
        .await
        .map_err(OutboxError::database("listening for wake-ups"))?;
    wakes.set_leads(true);
    loop {
        match publish_batch(&mut connection, &publisher).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(OutboxError::Publish(PublishError::NoAnswer(_))) => {
                publisher.renew()?;
                continue;
            }
            Err(error) => return Err(error),
        }
        tokio::select! {
            () = wakes.here.notified() => {}
            woken = wake_ups.recv() => {
                woken.map_err(OutboxError::database("waiting for a wake-up"))?;
            }
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
    }
}

/// Counts a published event by its type.
fn count_published(payload: &str) {
    #[derive(Deserialize)]
    struct Label {
        #[serde(rename = "type")]
        kind: String,
    }
    let kind = serde_json::from_str(payload).map_or_else(|_| "unreadable".to_owned(), |Label { kind }| kind);
    metrics::counter!("outbox_published_total", "type" => kind).increment(1);
}

/// Publishes the oldest events and deletes them; returns their number.
async fn publish_batch(connection: &mut PgConnection, publisher: &Publisher) -> Result<usize, OutboxError> {
    let oldest = sqlx::query(
        "SELECT seq, topic, key, payload::text AS payload, \
         extract(epoch FROM now() - created_at)::float8 AS age FROM outbox ORDER BY seq LIMIT $1",
    )
    .bind(BATCH);
    let rows = in_time(DATABASE_TIMEOUT, oldest.fetch_all(&mut *connection))
        .await
        .map_err(OutboxError::database("reading the outbox"))?;
    let Some(first) = rows.first() else {
        publisher.idle();
        return Ok(0);
    };
    let records = rows.iter().map(|row| Record {
        topic: row.get("topic"),
        key: row.get("key"),
        payload: row.get("payload"),
    });
    let mut sending = publisher.send(records, seconds(first.get("age")))?;
    while !sending.done().await? {
        // The lock ends with its connection; without the lock, another replica may publish.
        in_time(DATABASE_TIMEOUT, connection.ping())
            .await
            .map_err(OutboxError::database(
                "asking whether the relay's lock is still there",
            ))?;
    }
    let sequence: Vec<i64> = rows.iter().map(|row| row.get("seq")).collect();
    let forget = sqlx::query("DELETE FROM outbox WHERE seq = ANY($1)").bind(&sequence);
    in_time(DATABASE_TIMEOUT, forget.execute(connection))
        .await
        .map_err(OutboxError::database("forgetting published events"))?;
    for row in &rows {
        count_published(row.get("payload"));
    }
    Ok(sequence.len())
}

/// Clocks are sometimes set back: a negative age counts as zero.
fn seconds(age: f64) -> Duration {
    Duration::try_from_secs_f64(age).unwrap_or_default()
}

async fn notify(connection: &mut PgConnection) -> Result<(), OutboxError> {
    let notified = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL);
    in_time(DATABASE_TIMEOUT, notified.execute(connection))
        .await
        .map_err(OutboxError::database("waking the relay"))?;
    Ok(())
}

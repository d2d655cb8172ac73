//! Wakes all tasks on this replica that wait for a change, whichever replica made the change.
//!
//! A change on this replica wakes its waiters at once. Other replicas are notified with PostgreSQL's NOTIFY, outside of
//! the change's own transaction (NOTIFY serialises commits) and batched: one statement for all changes of a few
//! milliseconds. A notification is lost if its connection or its sender fails, so waiters are also woken after each
//! reconnection, and poll from time to time.

use crate::database::in_time;
use fdp_runtime::{Check, lock};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const RETRY: Duration = Duration::from_millis(500);
/// After this long without a notification, the connection is pinged: a peer whose machine is down closes nothing.
const PING_AFTER: Duration = Duration::from_secs(10);
const QUERY_TIMEOUT: Duration = Duration::from_secs(3);
/// The default time for which changes are batched before the other replicas are notified.
const GATHER: Duration = Duration::from_millis(5);
/// The longest delay for a waiter when a notification is lost.
const POLL_INTERVAL: Duration = Duration::from_secs(15);
/// The most keys in one notification.
const KEYS: usize = 100;
/// PostgreSQL accepts payloads below 8000 bytes.
const LONGEST_PAYLOAD: usize = 7900;

/// A key to wait for: an order's id or a store's id.
pub trait Key: Clone + Eq + Hash + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Serialize + DeserializeOwned + Send + Sync + 'static> Key for K {}

/// Where this replica's waiters subscribe to keys of one kind. Clones share their waiters.
#[derive(Debug, Clone)]
pub struct Live<K> {
    hub: Arc<Hub<K>>,
}

#[derive(Debug)]
struct Hub<K> {
    channel: &'static str,
    gather: Duration,
    /// Distinguishes this replica's notifications from those of others.
    replica: Uuid,
    waiting: Mutex<HashMap<K, watch::Sender<()>>>,
    unsent_keys: Mutex<HashSet<K>>,
    unsent: Notify,
}

/// A subscription of one waiter to the changes of one key.
#[derive(Debug)]
pub struct Subscription<K: Key> {
    hub: Arc<Hub<K>>,
    key: K,
    wakes: watch::Receiver<()>,
}

/// The message between replicas. Without keys, anything may have changed.
#[derive(Serialize, Deserialize)]
struct Message<K> {
    replica: Uuid,
    keys: Vec<K>,
}

impl<K: Key> Live<K> {
    /// For replicas that notify each other on PostgreSQL's `channel`.
    pub fn new(channel: &'static str) -> Self {
        Self::gathering(channel, GATHER)
    }

    /// The same for changes that are not urgent: they are batched for `gather` before the other replicas are notified,
    /// because each notification is a commit.
    pub fn gathering(channel: &'static str, gather: Duration) -> Self {
        let hub = Hub {
            channel,
            gather,
            replica: Uuid::now_v7(),
            waiting: Mutex::default(),
            unsent_keys: Mutex::default(),
            unsent: Notify::new(),
        };
        Self { hub: Arc::new(hub) }
    }

    /// Subscribes to the changes of `key`. Subscribe first and read afterwards, so that no change is missed.
    pub fn subscribe(&self, key: K) -> Subscription<K> {
        let wakes = lock(&self.hub.waiting)
            .entry(key.clone())
            .or_insert_with(|| watch::channel(()).0)
            .subscribe();
        Subscription {
            hub: Arc::clone(&self.hub),
            key,
            wakes,
        }
    }

    /// Wakes all waiters for `keys`, here and on the other replicas. Call it after the change is committed.
    pub fn announce(&self, keys: impl IntoIterator<Item = K>) {
        let keys: HashSet<K> = keys.into_iter().collect();
        if !keys.is_empty() {
            self.hub.wake(&keys);
            lock(&self.hub.unsent_keys).extend(keys);
            self.hub.unsent.notify_one();
        }
    }

    /// Notifies the other replicas and listens to them, until stopped; `check` shows whether that works.
    pub async fn run(self, pool: PgPool, check: Check, stop: CancellationToken) {
        let listen = async {
            loop {
                let Err(error) = self.hub.listen(&pool, &check).await;
                check.failing(&error.to_string());
                tokio::time::sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = listen => {}
            () = self.hub.send(&pool) => {}
            () = stop.cancelled() => {}
        }
    }
}

impl<K: Key> Hub<K> {
    fn wake<'a>(&self, keys: impl IntoIterator<Item = &'a K>) {
        let waiting = lock(&self.waiting);
        for key in keys {
            if let Some(waiters) = waiting.get(key) {
                waiters.send_replace(());
            }
        }
    }

    fn wake_everyone(&self) {
        for waiters in lock(&self.waiting).values() {
            waiters.send_replace(());
        }
    }

    /// The unsent keys, in as few notifications as the length limit allows.
    fn messages(&self) -> Result<Vec<String>, serde_json::Error> {
        let keys: Vec<K> = std::mem::take(&mut *lock(&self.unsent_keys))
            .into_iter()
            .collect();
        keys.chunks(KEYS)
            .map(|keys| {
                let replica = self.replica;
                let text = serde_json::to_string(&Message {
                    replica,
                    keys: keys.to_vec(),
                })?;
                if text.len() <= LONGEST_PAYLOAD {
                    return Ok(text);
                }
                serde_json::to_string(&Message::<K> {
                    replica,
                    keys: Vec::new(),
                })
            })
            .collect()
    }

    async fn send(&self, pool: &PgPool) {
        loop {
            self.unsent.notified().await;
            let told = match self.messages() {
                Ok(messages) => {
                    let notify =
                        sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload")
                            .bind(self.channel)
                            .bind(&messages);
                    in_time(QUERY_TIMEOUT, notify.execute(pool)).await.map(drop)
                }
                Err(error) => Err(sqlx::Error::Encode(error.into())),
            };
            if let Err(error) = told {
                tracing::debug!(%error, channel = self.channel, "waiters on other replicas look by themselves");
            }
            tokio::time::sleep(self.gather).await;
        }
    }

    async fn listen(&self, pool: &PgPool, check: &Check) -> Result<Infallible, sqlx::Error> {
        let mut listener = in_time(QUERY_TIMEOUT, PgListener::connect_with(pool)).await?;
        in_time(QUERY_TIMEOUT, listener.listen(self.channel)).await?;
        check.ready();
        self.wake_everyone();
        loop {
            match tokio::time::timeout(PING_AFTER, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => self.receive(notification.payload()),
                // The connection was lost and is re-established; notifications may have been missed.
                Ok(Ok(None)) => self.wake_everyone(),
                Ok(Err(error)) => return Err(error),
                Err(_elapsed) => {
                    in_time(QUERY_TIMEOUT, sqlx::query("SELECT 1").execute(&mut listener)).await?;
                }
            }
        }
    }

    fn receive(&self, payload: &str) {
        match serde_json::from_str::<Message<K>>(payload) {
            Ok(message) if message.replica == self.replica => {}
            Ok(message) if !message.keys.is_empty() => self.wake(&message.keys),
            // An unreadable message may come from another version of this program.
            _ => self.wake_everyone(),
        }
    }
}

impl<K: Key> Subscription<K> {
    /// Waits until there may have been a change; the caller has to read whether there was one.
    pub async fn changed(&mut self) {
        // This subscription keeps the sender alive, so the wait ends only by a change or by the timeout.
        let _ = tokio::time::timeout(POLL_INTERVAL, self.wakes.changed()).await;
    }
}

impl<K: Key> Drop for Subscription<K> {
    fn drop(&mut self) {
        let mut waiting = lock(&self.hub.waiting);
        let last = waiting
            .get(&self.key)
            .is_some_and(|waiters| waiters.receiver_count() <= 1);
        if last {
            waiting.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests;

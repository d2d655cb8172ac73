//! Wakes everyone on this replica who waits for a change, whichever replica made it.
//!
//! A change made here wakes the waiters of this replica at once. The others hear of it through PostgreSQL's NOTIFY,
//! outside of the change's own transaction (NOTIFY makes commits wait for each other) and gathered: one statement
//! for all changes of a few milliseconds. A notification can be lost with its connection or its sender, so waiters
//! are told to look again after each reconnection, and look by themselves now and then.

use crate::Check;
use crate::database::in_time;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const RETRY: Duration = Duration::from_millis(500);
/// After this long without news the connection is asked whether it lives: a dead peer sends no goodbye.
const SILENCE: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(3);
/// How long changes are gathered before the other replicas are told, unless said otherwise.
const GATHER: Duration = Duration::from_millis(5);
/// How long a lost notification can keep a waiter from looking.
const LOOK_ANYWAY: Duration = Duration::from_secs(15);
/// How many keys one notification names.
const KEYS: usize = 100;
/// PostgreSQL takes payloads below 8000 bytes.
const LONGEST_PAYLOAD: usize = 7900;

/// What can be waited for: an order's id, a store's id.
pub trait Key: Clone + Eq + Hash + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Serialize + DeserializeOwned + Send + Sync + 'static> Key for K {}

/// The place where waiters of this replica subscribe to keys of one kind. Clones are the same place.
#[derive(Debug, Clone)]
pub struct Live<K> {
    place: Arc<Place<K>>,
}

#[derive(Debug)]
struct Place<K> {
    channel: &'static str,
    gather: Duration,
    /// Tells our own notifications from those of others.
    replica: Uuid,
    waiting: Mutex<HashMap<K, watch::Sender<()>>>,
    untold: Mutex<HashSet<K>>,
    news: Notify,
}

/// One waiter's subscription, to the changes of one key.
#[derive(Debug)]
pub struct Subscription<K: Key> {
    place: Arc<Place<K>>,
    key: K,
    wakes: watch::Receiver<()>,
}

/// What replicas tell each other. Without keys: look at everything.
#[derive(Serialize, Deserialize)]
struct News<K> {
    replica: Uuid,
    keys: Vec<K>,
}

impl<K: Key> Live<K> {
    /// A place whose replicas tell each other on PostgreSQL's `channel`.
    pub fn new(channel: &'static str) -> Self {
        Self::gathering(channel, GATHER)
    }

    /// The same for changes that nobody waits for in a hurry: they are gathered for as long as `gather` before the
    /// other replicas are told, since each telling is a commit.
    pub fn gathering(channel: &'static str, gather: Duration) -> Self {
        let place = Place {
            channel,
            gather,
            replica: Uuid::now_v7(),
            waiting: Mutex::default(),
            untold: Mutex::default(),
            news: Notify::new(),
        };
        Self {
            place: Arc::new(place),
        }
    }

    /// Subscribes to the changes of `key`. To miss none, subscribe first and read after.
    pub fn subscribe(&self, key: K) -> Subscription<K> {
        let wakes = lock(&self.place.waiting)
            .entry(key.clone())
            .or_insert_with(|| watch::channel(()).0)
            .subscribe();
        Subscription {
            place: Arc::clone(&self.place),
            key,
            wakes,
        }
    }

    /// Wakes all who wait for `keys`, here and on the other replicas. To be called after the change's commit.
    pub fn announce(&self, keys: impl IntoIterator<Item = K>) {
        let keys: HashSet<K> = keys.into_iter().collect();
        if !keys.is_empty() {
            self.place.wake(&keys);
            lock(&self.place.untold).extend(keys);
            self.place.news.notify_one();
        }
    }

    /// Tells the other replicas and listens to them, until stopped; `check` shows whether it can.
    pub async fn run(self, pool: PgPool, check: Check, stop: CancellationToken) {
        let listen = async {
            loop {
                let Err(error) = self.place.listen(&pool, &check).await;
                check.failing(&error.to_string());
                tokio::time::sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = listen => {}
            () = self.place.tell(&pool) => {}
            () = stop.cancelled() => {}
        }
    }
}

impl<K: Key> Place<K> {
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

    /// What the other replicas have to be told, in as few notifications as their length allows.
    fn news(&self) -> Result<Vec<String>, serde_json::Error> {
        let keys: Vec<K> = std::mem::take(&mut *lock(&self.untold)).into_iter().collect();
        keys.chunks(KEYS)
            .map(|keys| {
                let replica = self.replica;
                let text = serde_json::to_string(&News {
                    replica,
                    keys: keys.to_vec(),
                })?;
                if text.len() <= LONGEST_PAYLOAD {
                    return Ok(text);
                }
                serde_json::to_string(&News::<K> {
                    replica,
                    keys: Vec::new(),
                })
            })
            .collect()
    }

    async fn tell(&self, pool: &PgPool) {
        loop {
            self.news.notified().await;
            let told = match self.news() {
                Ok(news) => {
                    let notify =
                        sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload")
                            .bind(self.channel)
                            .bind(&news);
                    in_time(ANSWER, notify.execute(pool)).await.map(drop)
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
        let mut listener = in_time(ANSWER, PgListener::connect_with(pool)).await?;
        in_time(ANSWER, listener.listen(self.channel)).await?;
        check.ready();
        self.wake_everyone();
        loop {
            match tokio::time::timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => self.hear(notification.payload()),
                // The connection was lost and is back.
                Ok(Ok(None)) => self.wake_everyone(),
                Ok(Err(error)) => return Err(error),
                Err(_silence) => {
                    in_time(ANSWER, sqlx::query("SELECT 1").execute(&mut listener)).await?;
                }
            }
        }
    }

    fn hear(&self, payload: &str) {
        match serde_json::from_str::<News<K>>(payload) {
            Ok(news) if news.replica == self.replica => {}
            Ok(news) if !news.keys.is_empty() => self.wake(&news.keys),
            // From another version of this program, perhaps.
            _ => self.wake_everyone(),
        }
    }
}

impl<K: Key> Subscription<K> {
    /// Waits until there may have been a change; whether there was, only a look tells.
    pub async fn changed(&mut self) {
        // Its sender stays as long as this subscription: only time can end the wait otherwise.
        let _ = tokio::time::timeout(LOOK_ANYWAY, self.wakes.changed()).await;
    }
}

impl<K: Key> Drop for Subscription<K> {
    fn drop(&mut self) {
        let mut waiting = lock(&self.place.waiting);
        let last = waiting
            .get(&self.key)
            .is_some_and(|waiters| waiters.receiver_count() <= 1);
        if last {
            waiting.remove(&self.key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    fn woken(subscription: &mut Subscription<String>) -> bool {
        subscription.changed().now_or_never().is_some()
    }

    fn place() -> Live<String> {
        Live::new("test")
    }

    #[tokio::test]
    async fn a_waiter_wakes_once_for_its_own_key_and_not_for_others() {
        let live = place();
        let mut subscription = live.subscribe("mine".into());
        live.announce(["other".to_owned()]);
        assert!(!woken(&mut subscription));
        live.announce(["mine".to_owned(), "other".to_owned()]);
        assert!(woken(&mut subscription));
        assert!(!woken(&mut subscription));
    }

    #[tokio::test]
    async fn another_replica_hears_what_this_one_tells() {
        let (here, there) = (place(), place());
        let mut mine = there.subscribe("mine".into());
        let mut other = there.subscribe("other".into());
        here.announce(["mine".to_owned()]);
        for news in here.place.news().unwrap() {
            there.place.hear(&news);
        }
        assert!(woken(&mut mine));
        assert!(!woken(&mut other));
        assert!(here.place.news().unwrap().is_empty(), "it is told once");
    }

    #[tokio::test]
    async fn what_this_replica_told_itself_wakes_nobody_twice() {
        let live = place();
        let mut subscription = live.subscribe("mine".into());
        live.announce(["mine".to_owned()]);
        assert!(woken(&mut subscription));
        for news in live.place.news().unwrap() {
            live.place.hear(&news);
        }
        assert!(!woken(&mut subscription));
    }

    #[tokio::test]
    async fn keys_too_long_for_a_notification_and_words_of_another_version_make_everyone_look() {
        let (here, there) = (place(), place());
        let mut subscription = there.subscribe("mine".into());
        here.announce(["x".repeat(LONGEST_PAYLOAD)]);
        let news = here.place.news().unwrap();
        assert!(news.iter().all(|text| text.len() <= LONGEST_PAYLOAD));
        there.place.hear(&news[0]);
        assert!(woken(&mut subscription));
        there.place.hear("ord_1");
        assert!(woken(&mut subscription));
    }

    #[tokio::test]
    async fn a_key_that_nobody_waits_for_any_more_is_forgotten() {
        let live = place();
        let (first, second) = (live.subscribe("mine".into()), live.subscribe("mine".into()));
        drop(first);
        assert_eq!(lock(&live.place.waiting).len(), 1);
        drop(second);
        assert!(lock(&live.place.waiting).is_empty());
    }
}

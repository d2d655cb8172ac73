//! Remembers what was last seen at AWS, and when to ask again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kube::{Resource as _, runtime::reflector::ObjectRef};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{
    aws::connections::Connections,
    controller::{
        backoff::Backoff,
        caches::{Platform, PlatformKey, key},
    },
    model::cloud::CloudState,
};

/// What was last seen at AWS, of every platform.
pub struct Clouds {
    pub connections: Connections,
    pub backoff: Backoff,
    known: Mutex<HashMap<PlatformKey, Known>>,
    news: UnboundedSender<ObjectRef<Platform>>,
    listener: Mutex<Option<UnboundedReceiver<ObjectRef<Platform>>>>,
}

/// What was last seen of one platform.
#[derive(Clone, Debug)]
struct Known {
    /// The generation of the resource for which AWS was asked.
    generation: Option<i64>,
    state: CloudState,
    /// When to ask again.
    due: Instant,
}

impl Default for Clouds {
    fn default() -> Self {
        let (news, listener) = unbounded_channel();
        Self {
            connections: Connections::default(),
            backoff: Backoff::default(),
            known: Mutex::default(),
            news,
            listener: Mutex::new(Some(listener)),
        }
    }
}

impl Clouds {
    /// What was last seen of a platform.
    pub fn state(&self, platform: &PlatformKey) -> Option<CloudState> {
        self.lock().get(platform).map(|known| known.state.clone())
    }

    /// How long to wait before AWS is asked about this generation of a platform; `None` if it is time.
    pub fn not_yet(&self, platform: &Platform) -> Option<Duration> {
        let generation = platform.meta().generation;
        let known = self.lock();
        let known = known
            .get(&key(platform))
            .filter(|known| known.generation == generation)?;
        let wait = known.due.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Remembers what was seen of a platform; if it is news, its status is written anew.
    pub fn remember(&self, platform: &Platform, state: CloudState, next: Duration) {
        let seen = Known {
            generation: platform.meta().generation,
            state,
            due: Instant::now() + next,
        };
        let mut known = self.lock();
        let before = known.get(&key(platform));
        if before.is_none_or(|before| before.state != seen.state) {
            // Nobody listens any more only when the operator ends. Whoever does waits for the lock before he reads.
            let _ = self.news.send(ObjectRef::from_obj(platform));
        }
        known.insert(key(platform), seen);
    }

    /// Forgets a platform that has nothing at AWS any more.
    pub fn forget(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    /// The platforms about which there is news. They can be taken once.
    pub fn changes(&self) -> Option<UnboundedReceiver<ObjectRef<Platform>>> {
        self.listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What was last observed at AWS, and when to observe it again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, Once, PoisonError},
    time::{Duration, Instant},
};

use kube::{Resource as _, runtime::reflector::ObjectRef};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{
    aws::{
        access::{AwsNamespaces, Identity, NotAllowed, SETTING},
        connections::Connections,
    },
    controller::{
        backoff::Backoff,
        platform::{Platform, PlatformKey},
    },
    model::cloud::CloudState,
    spec::Aws,
};

/// What was last observed at AWS, by platform.
pub struct AwsCache {
    pub connections: Connections,
    pub backoff: Backoff,
    /// What each namespace may do; every namespace may do everything if it is not set.
    namespaces: Option<AwsNamespaces>,
    unrestricted: Once,
    observations: Mutex<HashMap<PlatformKey, Observation>>,
    changed: UnboundedSender<ObjectRef<Platform>>,
    listener: Mutex<Option<UnboundedReceiver<ObjectRef<Platform>>>>,
}

/// What was last observed of one platform.
#[derive(Clone, Debug)]
struct Observation {
    /// The generation of the platform's resource at that time.
    generation: Option<i64>,
    state: CloudState,
    /// When to observe it again.
    due: Instant,
}

impl Default for AwsCache {
    fn default() -> Self {
        let (changed, listener) = unbounded_channel();
        Self {
            connections: Connections::default(),
            backoff: Backoff::default(),
            namespaces: None,
            unrestricted: Once::new(),
            observations: Mutex::default(),
            changed,
            listener: Mutex::new(Some(listener)),
        }
    }
}

impl AwsCache {
    /// Sets what each namespace may do.
    pub fn restrict(&mut self, namespaces: Option<AwsNamespaces>) {
        self.namespaces = namespaces;
    }

    /// As whom a platform of a namespace may have that at AWS.
    pub fn allow(&self, namespace: &str, aws: &Aws) -> Result<Identity, NotAllowed> {
        let Some(namespaces) = &self.namespaces else {
            self.unrestricted.call_once(|| {
                tracing::warn!(
                    "whoever may write platforms uses the operator's role at AWS: name the namespaces that may with {SETTING};                      a later version will ask for that"
                );
            });
            return Ok(Identity::default());
        };
        namespaces.allow(namespace, aws)
    }

    /// As whom the platforms of a namespace act at AWS, whatever they have there.
    pub fn identity(&self, namespace: &str) -> Result<Identity, NotAllowed> {
        match &self.namespaces {
            Some(namespaces) => namespaces.identity(namespace),
            None => Ok(Identity::default()),
        }
    }

    /// What was last observed of a platform.
    pub fn state(&self, platform: &PlatformKey) -> Option<CloudState> {
        self.lock()
            .get(platform)
            .map(|observation| observation.state.clone())
    }

    /// How long to wait before AWS is called for this generation of a platform; `None` if it is due.
    pub fn wait_time(&self, platform: &Platform) -> Option<Duration> {
        let generation = platform.meta().generation;
        let observations = self.lock();
        let observation = observations
            .get(&PlatformKey::of(platform))
            .filter(|observation| observation.generation == generation)?;
        let wait = observation.due.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Records what was observed of a platform; if it changed, the platform is reconciled to update its status.
    pub fn record(&self, platform: &Platform, state: CloudState, next: Duration) {
        let observation = Observation {
            generation: platform.meta().generation,
            state,
            due: Instant::now() + next,
        };
        let key = PlatformKey::of(platform);
        let mut observations = self.lock();
        let before = observations.get(&key);
        if before.is_none_or(|before| before.state != observation.state) {
            // The receiver is gone only when the operator stops. It waits for the lock before it reads the new state.
            let _ = self.changed.send(ObjectRef::from_obj(platform));
        }
        observations.insert(key, observation);
    }

    /// Removes a platform that has nothing at AWS any more.
    pub fn forget(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    /// The platforms whose observation has changed. Returns `Some` only once.
    pub fn changes(&self) -> Option<UnboundedReceiver<ObjectRef<Platform>>> {
        self.listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, Observation>> {
        self.observations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

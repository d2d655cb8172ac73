//! Decides how many calls may be under way, and lets the others wait for a while, first come, first served.
//!
//! Without it, a service that gets more calls than it can answer answers all of them too late: nobody is served. With it,
//! as many are under way as it answers in time, and who has to wait too long is told so before anything was done.

mod limit;
#[cfg(test)]
mod tests;

use crate::rejection::Rejection;
use fdp_runtime::lock;
use limit::AdaptiveLimit;
use metrics::{Gauge, gauge};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The limits of an admission.
#[derive(Debug, Clone, PartialEq)]
pub struct AdmissionLimits {
    /// How long a call should take. While the mean is above it, fewer calls may be under way.
    pub target: Duration,
    /// How many calls may be under way: the least and the most, at least one.
    pub places: RangeInclusive<usize>,
    /// How many may wait for a place.
    pub max_waiting: usize,
    /// How long one waits at most.
    pub longest_wait: Duration,
}

/// The admission to the calls of one other service. Clones share their state.
#[derive(Debug, Clone)]
pub(crate) struct Admission(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: AdmissionLimits,
    /// The free places; who waits for one stands in line here.
    places: Arc<Semaphore>,
    state: Mutex<State>,
    shown: Shown,
}

#[derive(Debug)]
struct State {
    limit: AdaptiveLimit,
    waiting: usize,
    /// Places that are still taken but will not be given to the next, since the limit has shrunk.
    surplus: usize,
}

/// What metrics show.
#[derive(Debug)]
struct Shown {
    limit: Gauge,
    waiting: Gauge,
    under_way: Gauge,
}

impl Admission {
    /// An admission to calls of the service `name`.
    pub(crate) fn new(name: &'static str, limits: AdmissionLimits) -> Self {
        let limit = AdaptiveLimit::new(limits.places.clone(), limits.target, Instant::now());
        let places = limit.limit();
        let shown = Shown {
            limit: gauge!("breaker_calls_limit", "breaker" => name),
            waiting: gauge!("breaker_calls_waiting", "breaker" => name),
            under_way: gauge!("breaker_calls_under_way", "breaker" => name),
        };
        show(&shown.limit, places);
        show(&shown.waiting, 0);
        Self(Arc::new(Shared {
            limits,
            places: Arc::new(Semaphore::new(places)),
            state: Mutex::new(State {
                limit,
                waiting: 0,
                surplus: 0,
            }),
            shown,
        }))
    }

    /// Takes a place, and waits for it if there is none. It is given back when the returned value is dropped.
    ///
    /// # Errors
    /// When too many wait already, or none became free in time.
    pub(crate) async fn enter(&self) -> Result<Place, Rejection> {
        let shared = &self.0;
        if let Ok(permit) = Arc::clone(&shared.places).try_acquire_owned() {
            return Ok(self.place(permit));
        }
        let waiting = Waiting::join(shared)?;
        let place = timeout(
            shared.limits.longest_wait,
            Arc::clone(&shared.places).acquire_owned(),
        );
        let place = place.await;
        drop(waiting);
        match place {
            Ok(Ok(permit)) => Ok(self.place(permit)),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(Rejection::Full),
        }
    }

    /// Notes how long a call took that was answered, or was given up after so long.
    pub(crate) fn took(&self, latency: Duration) {
        let shared = &self.0;
        let mut state = lock(&shared.state);
        if state.waiting > 0 {
            state.limit.crowded();
        }
        let before = state.limit.limit();
        state.limit.ended(latency, Instant::now());
        let now = state.limit.limit();
        if now == before {
            return;
        }
        if now > before {
            let forgiven = state.surplus.min(now - before);
            state.surplus -= forgiven;
            shared.places.add_permits(now - before - forgiven);
        } else {
            let taken = shared.places.forget_permits(before - now);
            state.surplus += before - now - taken;
        }
        show(&shared.shown.limit, now);
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        self.0.shown.under_way.increment(1.0);
        Place {
            permit: Some(permit),
            shared: Arc::clone(&self.0),
        }
    }
}

/// A place among the calls under way.
#[derive(Debug)]
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.shown.under_way.decrement(1.0);
        let mut state = lock(&self.shared.state);
        if state.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            state.surplus -= 1;
            permit.forget();
        }
    }
}

/// One who waits, however the wait ends.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn join(shared: &'a Shared) -> Result<Self, Rejection> {
        let mut state = lock(&shared.state);
        state.limit.crowded();
        if state.waiting >= shared.limits.max_waiting {
            return Err(Rejection::Full);
        }
        state.waiting += 1;
        show(&shared.shown.waiting, state.waiting);
        Ok(Self(shared))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.waiting -= 1;
        show(&self.0.shown.waiting, state.waiting);
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn show(gauge: &Gauge, value: usize) {
    gauge.set(value as f64);
}

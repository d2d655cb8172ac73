//! Guards calls to another service that may be slow or down. While it is slow, fewer calls are under way at a time, and the
//! others wait for a place. While it is down, none are made (circuit breaker): slow is not down.
//!
//! An open breaker lets one probe through after a short time, and closes when it succeeds, so it recovers by itself.

use crate::admission::{Admission, AdmissionLimits, Place};
use crate::rejection::Rejection;
use fdp_runtime::{Check, Health, lock};
use futures::future::BoxFuture;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{Service, ServiceExt as _};
use tower_resilience_circuitbreaker::{
    CircuitBreaker, CircuitBreakerConfigError, CircuitBreakerError, CircuitBreakerLayer, CircuitState,
    DefaultClassifier, SlidingWindowType,
};

/// The limits of a breaker.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// How many calls may be under way and how many may wait.
    pub admission: AdmissionLimits,
    /// The share of failed calls, above 0 and at most 1, that opens the breaker.
    pub failure_rate: f64,
    /// The time window over which the rate is measured.
    pub window: Duration,
    /// With fewer calls than this in the window, the breaker does not open.
    pub min_calls: usize,
    /// How long an open breaker lets no call through.
    pub open_for: Duration,
}

/// How many calls try whether the other service is well again. The library closes when so many have succeeded *within the
/// window* and lets no more through: with two of them, of which the second comes later, it would never close.
const PROBES: usize = 1;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The call was not made.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The call was made, and failed.
    #[error("{0}")]
    Failed(E),
}

/// The breaker for one other service. Clones share their state.
#[derive(Clone)]
pub struct Breaker {
    name: &'static str,
    limits: Arc<Limits>,
    admission: Admission,
    circuit: CircuitBreaker<Run, DefaultClassifier>,
    state: Arc<Mutex<State>>,
    probes: Arc<Semaphore>,
}

/// The state of the circuit.
#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    OpenSince(Instant),
    HalfOpen,
}

/// The permission to make calls, while it is kept.
#[derive(Debug)]
pub struct Entered {
    _place: Place,
    _probe: Option<OwnedSemaphorePermit>,
}

impl fmt::Debug for Breaker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, limits) = (self.name, &self.limits);
        write!(formatter, "Breaker({name}, {limits:?}, {:?})", self.state())
    }
}

impl Breaker {
    /// A closed breaker for the service `name`; its state is shown among the checks of `health`.
    ///
    /// # Errors
    /// When the failure rate is out of range.
    pub fn new(
        name: &'static str,
        limits: Limits,
        health: &Health,
    ) -> Result<Self, CircuitBreakerConfigError> {
        let check = health.informative(&format!("{name} breaker"));
        check.ready();
        show(name, CircuitState::Closed);
        let state = Arc::new(Mutex::new(State::Closed));
        let on_change = {
            let state = state.clone();
            move |_, to| changed(name, to, &state, &check)
        };
        let circuit = CircuitBreakerLayer::builder()
            .name(name)
            .failure_rate_threshold(limits.failure_rate)
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(limits.window)
            .minimum_number_of_calls(limits.min_calls)
            .wait_duration_in_open(limits.open_for)
            .permitted_calls_in_half_open(PROBES)
            .on_state_transition(on_change)
            .build()?
            .layer_fn(Run);
        Ok(Self {
            name,
            admission: Admission::new(name, limits.admission.clone()),
            limits: Arc::new(limits),
            circuit,
            state,
            probes: Arc::new(Semaphore::new(PROBES)),
        })
    }

    /// Waits until a call may be made. Callers that have to prepare a call do so afterwards, for nothing is prepared in vain
    /// then. What is returned is kept until the answer is there.
    ///
    /// # Errors
    /// When no call may be made, or too many others want to make one.
    pub async fn enter(&self) -> Result<Entered, Rejection> {
        let entered = self.try_enter().await;
        if let Err(rejection) = entered {
            self.count(outcome(rejection));
        }
        entered
    }

    async fn try_enter(&self) -> Result<Entered, Rejection> {
        self.probes_only()?;
        let place = self.admission.enter().await?;
        // It may have opened during the wait.
        let probe = if self.probes_only()? {
            let probe = Arc::clone(&self.probes).try_acquire_owned();
            Some(probe.map_err(|_| Rejection::Open)?)
        } else {
            None
        };
        Ok(Entered {
            _place: place,
            _probe: probe,
        })
    }

    /// Whether calls may only try whether the other service is well again.
    fn probes_only(&self) -> Result<bool, Rejection> {
        match self.state() {
            State::Closed => Ok(false),
            State::OpenSince(since) if since.elapsed() < self.limits.open_for => Err(Rejection::Open),
            State::OpenSince(_) | State::HalfOpen => Ok(true),
        }
    }

    fn state(&self) -> State {
        *lock(&self.state)
    }

    /// Makes the call `work`. An `Err` counts as a failure of the other service; a justified rejection by the service
    /// is not an `Err`. The work limits its own time.
    ///
    /// # Errors
    /// When the call is not made, or fails.
    pub fn call<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, CallError<E>>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let breaker = self.clone();
        let work = Work(Box::pin({
            let breaker = breaker.clone();
            async move {
                let mut under_way = UnderWay::begin(breaker);
                let result = work.await;
                under_way.succeeded = Some(result.is_ok());
                result
            }
        }));
        Box::pin(async move {
            breaker
                .circuit
                .clone()
                .oneshot(work)
                .await
                .map_err(|error| match error {
                    CircuitBreakerError::OpenCircuit => {
                        breaker.count(outcome(Rejection::Open));
                        Rejection::Open.into()
                    }
                    CircuitBreakerError::Inner(error) => CallError::Failed(error),
                })
        })
    }

    fn count(&self, outcome: &'static str) {
        metrics::counter!("breaker_calls_total", "breaker" => self.name, "outcome" => outcome).increment(1);
    }
}

fn outcome(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::Open => "open",
        Rejection::Full => "full",
    }
}

fn changed(name: &'static str, to: CircuitState, state: &Mutex<State>, check: &Check) {
    *lock(state) = match to {
        CircuitState::Closed => State::Closed,
        CircuitState::Open => State::OpenSince(Instant::now()),
        CircuitState::HalfOpen => State::HalfOpen,
    };
    show(name, to);
    match to {
        CircuitState::Closed => check.ready(),
        CircuitState::Open => check.failing("open: most calls failed lately, so none are made for a moment"),
        CircuitState::HalfOpen => check.failing("half open: one call probes whether it is well again"),
    }
}

/// 0 is closed, 1 half open, 2 open.
fn show(name: &'static str, state: CircuitState) {
    let value = match state {
        CircuitState::Closed => 0.0,
        CircuitState::HalfOpen => 1.0,
        CircuitState::Open => 2.0,
    };
    metrics::gauge!("breaker_state", "breaker" => name).set(value);
}

/// A call that has not been made yet.
struct Work<T, E>(BoxFuture<'static, Result<T, E>>);

/// Runs the calls as a tower service: the library guards a service, while here each call is different.
#[derive(Debug, Clone, Copy)]
struct Run;

impl<T, E> Service<Work<T, E>> for Run {
    type Response = T;
    type Error = E;
    type Future = BoxFuture<'static, Result<T, E>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, work: Work<T, E>) -> Self::Future {
        work.0
    }
}

/// A call under way: when it ends, or is given up, it is counted, and the admission hears how long it took.
struct UnderWay {
    begun: Instant,
    /// Whether it succeeded; `None` until it has ended.
    succeeded: Option<bool>,
    breaker: Breaker,
}

impl UnderWay {
    fn begin(breaker: Breaker) -> Self {
        Self {
            begun: Instant::now(),
            succeeded: None,
            breaker,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        let late = took > self.breaker.limits.admission.target;
        let outcome = match self.succeeded {
            Some(true) | None if late => "late",
            Some(true) => "success",
            Some(false) => "failure",
            // The caller has gone.
            None => return,
        };
        self.breaker.count(outcome);
        // A quick failure does not say how quick the other service is.
        if late || outcome == "success" {
            self.breaker.admission.took(took);
        }
    }
}

#[cfg(test)]
mod tests;

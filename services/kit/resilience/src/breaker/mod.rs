//! Guards calls to another service that may be slow or down: each call has a deadline, the number of concurrent calls
//! is limited (bulkhead), and while most calls fail, none are made (circuit breaker).
//!
//! An open breaker lets one probe through after a short time, and closes when the probe succeeds, so it recovers by
//! itself.

use fdp_runtime::{Check, Health, lock};
use futures::future::BoxFuture;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt as _};
use tower_resilience_circuitbreaker::{
    CircuitBreaker, CircuitBreakerConfigError, CircuitBreakerError, CircuitBreakerLayer, CircuitState,
    DefaultClassifier, SlidingWindowType,
};

/// The limits of a breaker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// How long a call may take.
    pub deadline: Duration,
    /// How many may run at the same time.
    pub max_in_flight: usize,
    /// The share of failed and late calls, above 0 and at most 1, that opens the breaker.
    pub failure_rate: f64,
    /// The time window over which the rate is measured.
    pub window: Duration,
    /// With fewer calls than this in the window, the breaker does not open.
    pub min_calls: usize,
    /// How long an open breaker lets no call through; longer than `deadline`, so that a call from before it opened
    /// cannot be mistaken for the probe.
    pub open_for: Duration,
}

/// Why a call was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Most calls failed lately.
    #[error("most calls failed lately, so none are made for a moment")]
    Open,
    /// The bulkhead is full.
    #[error("too many calls are under way already")]
    Full,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The call was not made.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The call was made, but its outcome is unknown.
    #[error("no answer within {0:?}")]
    Late(Duration),
    /// The call was made, and failed.
    #[error("{0}")]
    Failed(E),
}

/// The breaker for one other service. Clones share their state.
#[derive(Clone)]
pub struct Breaker {
    name: &'static str,
    limits: Limits,
    permits: Arc<Semaphore>,
    circuit: CircuitBreaker<Run, DefaultClassifier>,
    opened: Arc<Mutex<Option<Instant>>>,
}

impl fmt::Debug for Breaker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, limits) = (self.name, &self.limits);
        write!(
            formatter,
            "Breaker({name}, {limits:?}, {:?})",
            self.circuit.state_sync()
        )
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
        let opened = Arc::new(Mutex::new(None));
        let on_change = {
            let opened = opened.clone();
            move |_, to| changed(name, to, &opened, &check)
        };
        let circuit = CircuitBreakerLayer::builder()
            .name(name)
            .failure_rate_threshold(limits.failure_rate)
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(limits.window)
            .minimum_number_of_calls(limits.min_calls)
            .wait_duration_in_open(limits.open_for)
            .permitted_calls_in_half_open(1)
            .on_state_transition(on_change)
            .build()?
            .layer_fn(Run);
        Ok(Self {
            name,
            limits,
            permits: Arc::new(Semaphore::new(limits.max_in_flight)),
            circuit,
            opened,
        })
    }

    /// Whether a call would be made now, for callers that have to prepare a call.
    ///
    /// # Errors
    /// The reason when it would not be made.
    pub fn admits(&self) -> Result<(), Rejection> {
        let opened = *lock(&self.opened);
        let rejection = if opened.is_some_and(|opened| opened.elapsed() < self.limits.open_for) {
            Rejection::Open
        } else if self.permits.available_permits() == 0 {
            Rejection::Full
        } else {
            return Ok(());
        };
        self.count(outcome(rejection));
        Err(rejection)
    }

    /// Makes the call `work`. An `Err` counts as a failure of the other service; a justified rejection by the service
    /// is not an `Err`.
    ///
    /// # Errors
    /// When the call is not made, exceeds its deadline, or fails.
    pub fn call<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, CallError<E>>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let (breaker, deadline) = (self.clone(), self.limits.deadline);
        let in_time = Work(Box::pin(async move {
            match tokio::time::timeout(deadline, work).await {
                Ok(result) => result.map_err(CallError::Failed),
                Err(_) => Err(CallError::Late(deadline)),
            }
        }));
        Box::pin(async move { breaker.guard(in_time).await })
    }

    async fn guard<T, E>(self, in_time: Work<T, E>) -> Result<T, CallError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let Ok(_permit) = self.permits.clone().try_acquire_owned() else {
            self.count(outcome(Rejection::Full));
            return Err(Rejection::Full.into());
        };
        let _under_way = UnderWay::enter(self.name);
        let (counted, result) = match self.circuit.clone().oneshot(in_time).await {
            Ok(value) => ("success", Ok(value)),
            Err(CircuitBreakerError::OpenCircuit) => (outcome(Rejection::Open), Err(Rejection::Open.into())),
            Err(CircuitBreakerError::Inner(error @ CallError::Late(_))) => ("late", Err(error)),
            Err(CircuitBreakerError::Inner(error)) => ("failure", Err(error)),
        };
        self.count(counted);
        result
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

fn changed(name: &'static str, to: CircuitState, opened: &Mutex<Option<Instant>>, check: &Check) {
    *lock(opened) = (to == CircuitState::Open).then(Instant::now);
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
struct Work<T, E>(BoxFuture<'static, Result<T, CallError<E>>>);

/// Runs the calls as a tower service: the library guards a service, while here each call is different.
#[derive(Debug, Clone, Copy)]
struct Run;

impl<T, E> Service<Work<T, E>> for Run {
    type Response = T;
    type Error = CallError<E>;
    type Future = BoxFuture<'static, Result<T, CallError<E>>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), CallError<E>>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, work: Work<T, E>) -> Self::Future {
        work.0
    }
}

/// Counts a call as in progress while it lives, however the call ends.
struct UnderWay(metrics::Gauge);

impl UnderWay {
    fn enter(name: &'static str) -> Self {
        let gauge = metrics::gauge!("breaker_calls_under_way", "breaker" => name);
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

#[cfg(test)]
mod tests;

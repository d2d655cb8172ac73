//! Calls to another service that may be slow or gone: each has a deadline, only so many run at once (bulkhead), and
//! while most of them fail none are made at all (circuit breaker).
//!
//! An open breaker lets a probe through after a short while, and closes when that succeeds: recovery needs no help.

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

/// When calls are given up, and when none are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// How long a call may take.
    pub deadline: Duration,
    /// How many may run at the same time.
    pub at_once: usize,
    /// The share of failed and late calls, above 0 and at most 1, that opens the breaker.
    pub failure_rate: f64,
    /// Over how long that share is taken.
    pub window: Duration,
    /// Of how few calls in that time no share is taken.
    pub least_calls: usize,
    /// How long an open breaker lets no call through; longer than `deadline`, so that no call from before it opened
    /// can pass for the probe.
    pub open_for: Duration,
}

/// Why a call was not even made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Most calls failed lately.
    #[error("most calls failed lately, so none are made for a moment")]
    Open,
    /// The bulkhead is full.
    #[error("too many calls are under way already")]
    Full,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// It was not made.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It was made, and what became of it is not known.
    #[error("no answer within {0:?}")]
    Late(Duration),
    /// It was made, and failed.
    #[error("{0}")]
    Failed(E),
}

/// The breaker before one other service. Clones share their state.
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
    /// A closed breaker before the service `name`, whose state is shown among the checks of `health`.
    ///
    /// # Errors
    /// When the failure rate is not a share.
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
            .minimum_number_of_calls(limits.least_calls)
            .wait_duration_in_open(limits.open_for)
            .permitted_calls_in_half_open(1)
            .on_state_transition(on_change)
            .build()?
            .layer_fn(Run);
        Ok(Self {
            name,
            limits,
            permits: Arc::new(Semaphore::new(limits.at_once)),
            circuit,
            opened,
        })
    }

    /// Whether a call would be made now, for callers that prepare more than the call.
    ///
    /// # Errors
    /// With the reason why not.
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

    /// Makes the call `work`, whose `Err` means that the other service is not well (a refusal that it gives with
    /// good reason is no such error).
    ///
    /// # Errors
    /// When it is not made, late, or fails.
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

/// Makes calls: the library guards services, and what is guarded here differs from call to call.
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

/// Counted as under way for as long as it lives, however the call ends.
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

//! Drills: pay made slow and unreliable on purpose, to see how the shop lives with it.

use crate::app::{PayError, Payments, Taken};
use crate::domain::Charge;
use fdp_contracts::OrderId;
use fdp_kit::config::{self, ConfigError};
use fdp_kit::trace::{self, TraceContext};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tracing::Instrument as _;
use utoipa::ToSchema;

/// The longest delay that makes sense: nobody waits longer for an answer.
const LONGEST_MS: u64 = 60_000;

/// What a drill does to wishes to pay.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Drill {
    /// How long each new payment takes; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<DelayMs>,
    /// When that time passes.
    pub delay_at: DelayAt,
    /// The share of requests that fail, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub failure_rate: f64,
    /// How they fail.
    pub mode: FailureMode,
}

/// A delay somewhere from `min` to `max` milliseconds, each as likely as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelayMs {
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
}

/// When the time of a delay passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DelayAt {
    /// Before the payment is made.
    #[default]
    Before,
    /// After it: paid, but the answer is late.
    After,
}

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FailureMode {
    /// Nothing is done.
    #[default]
    Error,
    /// It is done, and the answer says nothing of it.
    LostAnswer,
}

/// Settings that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDrill {
    /// The delay.
    #[error("a delay is two numbers of milliseconds, like 400-620, of at most {LONGEST_MS}")]
    Delay,
    /// The time of the delay.
    #[error("the delay comes 'before' the payment or 'after' it")]
    DelayAt,
    /// The rate.
    #[error("the failure rate is a number from 0 to 1")]
    Rate,
    /// The mode.
    #[error("the mode is 'error' (nothing is done) or 'lostAnswer' (it is done, and nobody hears of it)")]
    Mode,
}

/// Why a payment under a drill was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DrilledError {
    /// As without the drill.
    #[error(transparent)]
    Pay(#[from] PayError),
    /// The drill made it fail.
    #[error("a drill is running: this request fails on purpose")]
    Drill,
}

impl FromStr for DelayMs {
    type Err = InvalidDrill;

    fn from_str(text: &str) -> Result<Self, InvalidDrill> {
        let (min, max) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse().map_err(|_| InvalidDrill::Delay);
        Ok(Self {
            min: number(min)?,
            max: number(max)?,
        })
    }
}

impl FromStr for DelayAt {
    type Err = InvalidDrill;

    fn from_str(text: &str) -> Result<Self, InvalidDrill> {
        match text {
            "before" => Ok(Self::Before),
            "after" => Ok(Self::After),
            _ => Err(InvalidDrill::DelayAt),
        }
    }
}

impl FromStr for FailureMode {
    type Err = InvalidDrill;

    fn from_str(text: &str) -> Result<Self, InvalidDrill> {
        match text {
            "error" => Ok(Self::Error),
            "lostAnswer" => Ok(Self::LostAnswer),
            _ => Err(InvalidDrill::Mode),
        }
    }
}

impl Drill {
    /// The drill that `PAY_DELAY_MS`, `PAY_DELAY_AT`, `PAY_FAILURE_RATE` and `PAY_FAILURE_MODE` ask for; none when they
    /// are not set.
    ///
    /// # Errors
    /// When one of them makes no sense.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let drill = Self {
            delay_ms: config::maybe("PAY_DELAY_MS")?,
            delay_at: config::optional("PAY_DELAY_AT", DelayAt::default())?,
            failure_rate: config::optional("PAY_FAILURE_RATE", 0.0)?,
            mode: config::optional("PAY_FAILURE_MODE", FailureMode::default())?,
        };
        drill.checked().map_err(|reason| ConfigError::Unreadable {
            name: "PAY_DELAY_MS or PAY_FAILURE_RATE".to_owned(),
            value: format!("{drill:?}"),
            reason: reason.to_string(),
        })
    }

    /// The drill, if it makes sense.
    ///
    /// # Errors
    /// When it does not.
    pub fn checked(self) -> Result<Self, InvalidDrill> {
        if !(0.0..=1.0).contains(&self.failure_rate) {
            return Err(InvalidDrill::Rate);
        }
        if self
            .delay_ms
            .is_some_and(|delay| delay.min > delay.max || delay.max > LONGEST_MS)
        {
            return Err(InvalidDrill::Delay);
        }
        Ok(self)
    }

    /// Whether it does anything.
    pub fn is_on(&self) -> bool {
        self.delay_ms.is_some() || self.failure_rate > 0.0
    }

    fn pause(&self) -> Duration {
        self.delay_ms.map_or(Duration::ZERO, |delay| {
            Duration::from_millis(rand::random_range(delay.min..=delay.max))
        })
    }
}

/// The drill of this replica, and the payments that it keeps waiting.
#[derive(Debug, Clone, Default)]
pub struct Drills {
    present: Arc<Mutex<Drill>>,
    waiting: Arc<Mutex<HashMap<OrderId, watch::Receiver<()>>>>,
}

impl Drills {
    /// Begins with `drill`.
    pub fn new(drill: Drill) -> Self {
        let drills = Self::default();
        drills.set(drill);
        drills
    }

    /// What is drilled now.
    pub fn present(&self) -> Drill {
        *lock(&self.present)
    }

    /// Drills `drill` from now on.
    pub fn set(&self, drill: Drill) {
        if drill.is_on() {
            tracing::warn!(?drill, "a drill: payments are slow or fail on purpose");
        }
        *lock(&self.present) = drill;
    }

    /// Takes the payment of `charge`, as the drill lets it. A caller who hangs up meanwhile does not stop it: with a
    /// real payment provider, that would not help either.
    ///
    /// # Errors
    /// When the payment cannot be taken, or the drill says so.
    pub async fn approve(&self, payments: &Payments, charge: Charge) -> Result<Taken, DrilledError> {
        let drill = self.present();
        if !drill.is_on() {
            return Ok(payments.approve(&charge).await?);
        }
        let (drills, payments) = (self.clone(), payments.clone());
        let work = async move { drills.approve_slowly(drill, &payments, &charge).await }.in_current_span();
        let context = trace::current_header().as_deref().and_then(TraceContext::parse);
        let task = match context {
            Some(context) => tokio::spawn(trace::within(context, work)),
            None => tokio::spawn(work),
        };
        task.await.unwrap_or(Err(DrilledError::Drill))
    }

    async fn approve_slowly(
        &self,
        drill: Drill,
        payments: &Payments,
        charge: &Charge,
    ) -> Result<Taken, DrilledError> {
        let fails = rand::random_bool(drill.failure_rate);
        if fails && drill.mode == FailureMode::Error {
            return Err(DrilledError::Drill);
        }
        // What is paid already is only looked up: that takes no time.
        let paid = payments
            .find(charge.order_id)
            .await
            .map_err(PayError::from)?
            .is_some();
        if drill.delay_at == DelayAt::Before && !paid {
            self.wait(charge.order_id, drill.pause()).await;
        }
        let taken = payments.approve(charge).await?;
        if drill.delay_at == DelayAt::After && taken.new {
            self.wait(charge.order_id, drill.pause()).await;
        }
        if fails {
            return Err(DrilledError::Drill);
        }
        Ok(taken)
    }

    /// Lets time pass. Who asks again for a payment that is being made waits for that one.
    async fn wait(&self, order_id: OrderId, pause: Duration) {
        let (done, first) = watch::channel(());
        let earlier = {
            let mut waiting = lock(&self.waiting);
            let earlier = waiting.get(&order_id).cloned();
            if earlier.is_none() {
                waiting.insert(order_id, first);
            }
            earlier
        };
        if let Some(mut earlier) = earlier {
            // Nothing is ever sent: it ends when the sender goes.
            let _ = earlier.changed().await;
        } else {
            tokio::time::sleep(pause).await;
            lock(&self.waiting).remove(&order_id);
            drop(done);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_one_number_or_two() {
        assert_eq!("400-620".parse(), Ok(DelayMs { min: 400, max: 620 }));
        assert_eq!("500".parse(), Ok(DelayMs { min: 500, max: 500 }));
        assert_eq!("slow".parse::<DelayMs>(), Err(InvalidDrill::Delay));
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let delay = |min, max| Drill {
            delay_ms: Some(DelayMs { min, max }),
            ..Drill::default()
        };
        let rate = |failure_rate| Drill {
            failure_rate,
            ..Drill::default()
        };
        assert_eq!(delay(2, 1).checked(), Err(InvalidDrill::Delay));
        assert_eq!(delay(0, LONGEST_MS + 1).checked(), Err(InvalidDrill::Delay));
        assert_eq!(rate(1.5).checked(), Err(InvalidDrill::Rate));
        assert_eq!(rate(f64::NAN).checked(), Err(InvalidDrill::Rate));
        assert!(delay(400, 620).checked().is_ok());
    }

    #[test]
    fn a_drill_reads_and_writes_as_the_api_shows_it() {
        let text =
            r#"{"delayMs":{"min":400,"max":620},"delayAt":"after","failureRate":0.05,"mode":"lostAnswer"}"#;
        let drill: Drill = serde_json::from_str(text).unwrap();
        assert_eq!(drill.delay_at, DelayAt::After);
        assert_eq!(serde_json::to_string(&drill).unwrap(), text);
        assert_eq!(serde_json::from_str::<Drill>("{}").unwrap(), Drill::default());
        assert!(!Drill::default().is_on());
        assert!(serde_json::from_str::<Drill>(r#"{"delay":5}"#).is_err());
    }
}

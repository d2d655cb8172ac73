//! What a drill does to payments: its settings, and how they are read from the environment.

use fdp_runtime::config::{self, ConfigError};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::time::Duration;
use utoipa::ToSchema;

/// The longest delay that makes sense: no client waits longer for a response.
const LONGEST_MS: u64 = 60_000;

/// The longest time of a drill that is set over HTTP.
pub(super) const LONGEST_SECONDS: u64 = 3600;

/// What a drill does to wishes to pay.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
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

/// Why the settings of a drill are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDrill {
    /// The delay cannot be parsed or is out of range.
    #[error("a delay is two numbers of milliseconds, like 400-620, of at most {LONGEST_MS}")]
    Delay,
    /// The time of the delay is unknown.
    #[error("the delay comes 'before' the payment or 'after' it")]
    DelayAt,
    /// The failure rate is out of range.
    #[error("the failure rate is a number from 0 to 1")]
    Rate,
    /// A request does not say when the drill ends, or it would end too late.
    #[error(
        "the drill has to end: forSeconds says after how many seconds, a whole number from 1 to {LONGEST_SECONDS}"
    )]
    Time,
    /// The failure mode is unknown.
    #[error("the mode is 'error' (nothing is done) or 'lostAnswer' (it is done, and nobody hears of it)")]
    Mode,
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
    /// The drill that `PAY_DELAY_MS`, `PAY_DELAY_AT`, `PAY_FAILURE_RATE` and `PAY_FAILURE_MODE` describe; without them,
    /// a drill that does nothing.
    ///
    /// # Errors
    /// When one of them is invalid.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let drill = Self {
            delay_ms: config::maybe("PAY_DELAY_MS")?,
            delay_at: config::optional("PAY_DELAY_AT", DelayAt::default())?,
            failure_rate: config::optional("PAY_FAILURE_RATE", 0.0)?,
            mode: config::optional("PAY_FAILURE_MODE", FailureMode::default())?,
        };
        drill.validated().map_err(|reason| ConfigError::Unreadable {
            name: "PAY_DELAY_MS or PAY_FAILURE_RATE".to_owned(),
            value: format!("{drill:?}"),
            reason: reason.to_string(),
        })
    }

    /// The drill, if its settings are valid.
    ///
    /// # Errors
    /// When they are not.
    pub(super) fn validated(self) -> Result<Self, InvalidDrill> {
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

    /// Whether the drill does anything.
    pub(super) fn is_on(&self) -> bool {
        self.delay_ms.is_some() || self.failure_rate > 0.0
    }

    /// A random delay within the configured range.
    pub(super) fn delay(&self) -> Duration {
        self.delay_ms.map_or(Duration::ZERO, |delay| {
            Duration::from_millis(rand::random_range(delay.min..=delay.max))
        })
    }
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
    fn invalid_settings_are_rejected() {
        let delay = |min, max| Drill {
            delay_ms: Some(DelayMs { min, max }),
            ..Drill::default()
        };
        let rate = |failure_rate| Drill {
            failure_rate,
            ..Drill::default()
        };
        assert_eq!(delay(2, 1).validated(), Err(InvalidDrill::Delay));
        assert_eq!(delay(0, LONGEST_MS + 1).validated(), Err(InvalidDrill::Delay));
        assert_eq!(rate(1.5).validated(), Err(InvalidDrill::Rate));
        assert_eq!(rate(f64::NAN).validated(), Err(InvalidDrill::Rate));
        assert!(delay(400, 620).validated().is_ok());
    }

    #[test]
    fn without_settings_a_drill_does_nothing() {
        assert!(!Drill::default().is_on());
    }
}

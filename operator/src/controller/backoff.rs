//! How long to wait before a failed platform is reconciled again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::controller::platform::PlatformKey;

const FIRST_DELAY: Duration = Duration::from_secs(1);
const MAX_DELAY: Duration = Duration::from_mins(2);

/// Failures in a row, per platform.
#[derive(Default)]
pub struct Backoff(Mutex<HashMap<PlatformKey, u32>>);

impl Backoff {
    /// Counts a failure and returns how long to wait: twice as long each time, with jitter.
    pub fn failed(&self, platform: &PlatformKey) -> Duration {
        let mut failures = self.lock();
        let count = failures.entry(platform.clone()).or_default();
        let delay = delay(*count);
        *count = count.saturating_add(1);
        delay.mul_f64(rand::random_range(0.8..1.2))
    }

    /// Resets the failures of a platform.
    pub fn succeeded(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn delay(failures: u32) -> Duration {
    FIRST_DELAY.saturating_mul(1 << failures.min(16)).min(MAX_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_doubles_the_delay_up_to_a_limit() {
        let seconds: Vec<u64> = (0..9).map(|failures| delay(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
    }

    #[test]
    fn a_success_resets_the_delay_and_platforms_share_no_failures() {
        let backoff = Backoff::default();
        let [a, b] = ["a", "b"].map(|name| PlatformKey::new("food", name));
        for _ in 0..5 {
            backoff.failed(&a);
        }
        assert!(backoff.failed(&b) < Duration::from_secs(2));
        assert!(backoff.failed(&a) > Duration::from_secs(20));
        backoff.succeeded(&a);
        assert!(backoff.failed(&a) < Duration::from_secs(2));
    }
}

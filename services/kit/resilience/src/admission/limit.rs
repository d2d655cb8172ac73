//! The number of calls that may be under way, which follows from how long they take.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// How many calls a judgement needs: fewer say little about the mean.
const ENOUGH: u32 = 10;
/// A judgement takes at least this many times as long as calls should take, so that the calls that it counts have begun
/// under the limit that the last one has set.
const ROUNDS: f64 = 1.5;
/// The least share of the limit that one judgement leaves.
const LEAST_LEFT: f64 = 0.5;
/// The share by which the limit grows while calls have to wait for a place, and take less time than they should.
const GROWTH: f64 = 0.125;

/// A limit that follows the mean latency: while that is above the target, the limit shrinks in proportion; while it is
/// below and calls have to wait for a place, the limit grows.
///
/// The mean, and not each late call, because a service whose latency varies has late calls without being overloaded.
#[derive(Debug)]
pub(super) struct AdaptiveLimit {
    bounds: RangeInclusive<usize>,
    target: Duration,
    limit: usize,
    judgement: Judgement,
}

/// The calls since the limit was set.
#[derive(Debug)]
struct Judgement {
    begun: Instant,
    calls: u32,
    total: Duration,
    crowded: bool,
}

impl Judgement {
    fn new(begun: Instant) -> Self {
        Self {
            begun,
            calls: 0,
            total: Duration::ZERO,
            crowded: false,
        }
    }
}

impl AdaptiveLimit {
    /// A limit within `bounds`, in the middle of them, for calls that should take `target`.
    pub(super) fn new(bounds: RangeInclusive<usize>, target: Duration, now: Instant) -> Self {
        let limit = usize::midpoint(*bounds.start(), *bounds.end());
        Self {
            bounds,
            target,
            limit,
            judgement: Judgement::new(now),
        }
    }

    /// The limit at the moment.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Notes that a call had to wait for a place.
    pub(super) fn crowded(&mut self) {
        self.judgement.crowded = true;
    }

    /// Notes a call that has ended at `now`; the limit may be another one afterwards.
    pub(super) fn ended(&mut self, latency: Duration, now: Instant) {
        let judgement = &mut self.judgement;
        judgement.calls += 1;
        judgement.total += latency;
        let lasts = now.saturating_duration_since(judgement.begun);
        if judgement.calls < ENOUGH || lasts < self.target.mul_f64(ROUNDS) {
            return;
        }
        let mean = judgement.total / judgement.calls;
        let crowded = judgement.crowded;
        self.judgement = Judgement::new(now);
        if mean > self.target {
            let left = self.target.div_duration_f64(mean).max(LEAST_LEFT);
            self.set(scaled(self.limit, left));
        } else if crowded {
            self.set(self.limit + scaled(self.limit, GROWTH).max(1));
        }
    }

    fn set(&mut self, limit: usize) {
        self.limit = limit.clamp(*self.bounds.start(), *self.bounds.end());
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "limits are small, and shares are not negative"
)]
fn scaled(limit: usize, share: f64) -> usize {
    (limit as f64 * share) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Duration = Duration::from_millis(600);

    struct Calls {
        limit: AdaptiveLimit,
        now: Instant,
    }

    impl Calls {
        fn new() -> Self {
            let now = Instant::now();
            Self {
                limit: AdaptiveLimit::new(8..=256, TARGET, now),
                now,
            }
        }

        /// Calls of this latency for as long as a judgement takes.
        fn end(&mut self, latencies: &[u64]) -> usize {
            for latency in latencies.iter().cycle().take(40) {
                self.now += Duration::from_millis(25);
                self.limit.ended(Duration::from_millis(*latency), self.now);
            }
            self.limit.limit()
        }
    }

    #[test]
    fn slow_calls_shrink_the_limit_down_to_its_least_and_no_further() {
        let mut calls = Calls::new();
        assert_eq!(calls.limit.limit(), 132);
        assert_eq!(calls.end(&[800]), 99);
        for _ in 0..20 {
            calls.end(&[800]);
        }
        assert_eq!(calls.limit.limit(), 8);
    }

    #[test]
    fn one_judgement_never_takes_more_than_half() {
        assert_eq!(Calls::new().end(&[60_000]), 66);
    }

    #[test]
    fn a_few_late_calls_among_quick_ones_change_nothing() {
        assert_eq!(Calls::new().end(&[400, 450, 500, 550, 620]), 132);
    }

    #[test]
    fn the_limit_grows_only_while_calls_have_to_wait() {
        let mut calls = Calls::new();
        assert_eq!(calls.end(&[100]), 132);
        calls.limit.crowded();
        assert_eq!(calls.end(&[100]), 148);
        assert_eq!(calls.end(&[100]), 148, "nobody waits any more");
        for _ in 0..10 {
            calls.limit.crowded();
            calls.end(&[100]);
        }
        assert_eq!(calls.limit.limit(), 256);
    }

    #[test]
    fn it_comes_back_from_the_least_within_half_a_minute() {
        let mut calls = Calls::new();
        while calls.end(&[2000]) > 8 {}
        let slow_until = calls.now;
        while calls.limit.limit() < 132 {
            calls.limit.crowded();
            calls.end(&[100]);
        }
        assert!(calls.now - slow_until < Duration::from_secs(30));
    }

    #[test]
    fn fewer_calls_than_are_needed_to_judge_change_nothing() {
        let mut calls = Calls::new();
        for _ in 0..9 {
            calls.now += TARGET;
            calls.limit.ended(Duration::from_secs(5), calls.now);
        }
        assert_eq!(calls.limit.limit(), 132);
    }
}

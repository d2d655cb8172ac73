//! Counts the requests of one stage and the times of its orders.

use super::outcome::Outcome;
use fdp_drill::{Measured, Phase, Worst};
use hdrhistogram::{CreationError, Histogram};
use std::collections::BTreeMap;
use std::time::Duration;

/// Longer times are counted as this one, in microseconds.
const LONGEST_US: u64 = 60_000_000;
/// Three digits are right: what is reported in milliseconds is then exact up to a second.
const DIGITS: u8 = 3;

/// The time that a platform has to notice what is wrong: refusals before it do not count as slow ones.
const NOTICED: Duration = Duration::from_secs(1);

/// One order of the stage: when it was sent, counted from the start of the stage, how long it took, and its trace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) after: Duration,
    pub(super) took: Duration,
    pub(super) trace: u128,
}

/// What is known of one stage so far.
#[derive(Debug)]
pub(super) struct Tally {
    accepted: u64,
    refused: BTreeMap<u16, u64>,
    unanswered: u64,
    others_failed: u64,
    /// Of accepted orders, in microseconds.
    times: Histogram<u64>,
    /// Of refused orders that were sent after the first second, in microseconds.
    refusals: Histogram<u64>,
    slowest: Option<Worst>,
    /// With the moment of sending, since answers come in any order.
    first_refused: Option<(Duration, Worst)>,
}

impl Tally {
    /// # Errors
    /// Never with these bounds; the library cannot know.
    pub(super) fn new() -> Result<Self, CreationError> {
        Ok(Self {
            accepted: 0,
            refused: BTreeMap::new(),
            unanswered: 0,
            others_failed: 0,
            times: Histogram::new_with_bounds(1, LONGEST_US, DIGITS)?,
            refusals: Histogram::new_with_bounds(1, LONGEST_US, DIGITS)?,
            slowest: None,
            first_refused: None,
        })
    }

    pub(super) fn order(&mut self, asked: Asked, outcome: &Outcome) {
        match outcome {
            Outcome::Accepted(id) => {
                self.accepted += 1;
                self.times.saturating_record(asked.microseconds());
                let worst = asked.worst(String::new(), None);
                if self
                    .slowest
                    .as_ref()
                    .is_none_or(|slowest| slowest.took_ms < worst.took_ms)
                {
                    self.slowest = Some(Worst {
                        id: id.to_string(),
                        ..worst
                    });
                }
            }
            Outcome::Refused(status, problem) => {
                *self.refused.entry(*status).or_default() += 1;
                if asked.after >= NOTICED {
                    self.refusals.saturating_record(asked.microseconds());
                }
                self.not_accepted(asked, problem);
            }
            Outcome::Unanswered(problem) => {
                self.unanswered += 1;
                self.not_accepted(asked, problem);
            }
        }
    }

    pub(super) fn other_failed(&mut self) {
        self.others_failed += 1;
    }

    fn not_accepted(&mut self, asked: Asked, problem: &str) {
        if self
            .first_refused
            .as_ref()
            .is_none_or(|(after, _)| asked.after < *after)
        {
            let worst = asked.worst(format!("{:032x}", asked.trace), Some(problem.to_owned()));
            self.first_refused = Some((asked.after, worst));
        }
    }

    pub(super) fn measured(&self, phase: Phase, took: Duration) -> Measured {
        let refused: u64 = self.refused.values().sum();
        let quantile = |times: &Histogram<u64>, share| {
            milliseconds(Duration::from_micros(times.value_at_quantile(share)))
        };
        Measured {
            phase,
            took_ms: milliseconds(took),
            asked: self.accepted + refused + self.unanswered,
            accepted: self.accepted,
            refused: self
                .refused
                .iter()
                .map(|(status, count)| (status.to_string(), *count))
                .collect(),
            unanswered: self.unanswered,
            others_failed: self.others_failed,
            p50_ms: quantile(&self.times, 0.5),
            p99_ms: quantile(&self.times, 0.99),
            refused_p99_ms: (!self.refusals.is_empty()).then(|| quantile(&self.refusals, 0.99)),
            slowest: self.slowest.clone(),
            first_refused: self.first_refused.as_ref().map(|(_, worst)| worst.clone()),
        }
    }
}

impl Asked {
    fn microseconds(self) -> u64 {
        u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX)
    }

    fn worst(self, id: String, problem: Option<String>) -> Worst {
        Worst {
            after_ms: milliseconds(self.after),
            took_ms: milliseconds(self.took),
            id,
            problem,
        }
    }
}

/// Rounded the same way everywhere, so that no order seems slower than the slowest.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from((time.as_micros() + 500) / 1000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::OrderId;

    fn asked(after_ms: u64, took_ms: u64) -> Asked {
        Asked {
            after: Duration::from_millis(after_ms),
            took: Duration::from_millis(took_ms),
            trace: 0xabc,
        }
    }

    fn measured(orders: &[(Asked, Outcome)]) -> Measured {
        let mut tally = Tally::new().unwrap();
        for (asked, outcome) in orders {
            tally.order(*asked, outcome);
        }
        tally.measured(Phase::Steady, Duration::from_secs(10))
    }

    fn refused(status: u16) -> Outcome {
        Outcome::Refused(status, format!("{status} payment-busy"))
    }

    #[test]
    fn every_order_counts_once_and_availability_is_the_share_of_accepted_ones() {
        let accepted = || Outcome::Accepted(OrderId::new());
        let measured = measured(&[
            (asked(0, 5), accepted()),
            (asked(1, 5), accepted()),
            (asked(2, 5), refused(503)),
            (asked(3, 5), refused(503)),
            (asked(4, 5), refused(429)),
            (asked(5, 5), Outcome::Unanswered("refused".to_owned())),
            (asked(6, 5), accepted()),
            (asked(7, 5), accepted()),
        ]);
        assert_eq!(
            (measured.asked, measured.accepted, measured.unanswered),
            (8, 4, 1)
        );
        assert_eq!(
            measured.refused,
            [("429".to_owned(), 1), ("503".to_owned(), 2)].into()
        );
        assert_eq!(measured.availability(), Some(50.0));
        assert!((measured.per_second() - 0.4).abs() < 1e-9);
    }

    #[test]
    fn a_stage_without_orders_has_no_availability() {
        let measured = measured(&[]);
        assert_eq!(measured.availability(), None);
        assert_eq!((measured.p50_ms, measured.p99_ms), (0, 0));
        assert_eq!(measured.slowest, None);
    }

    #[test]
    fn times_are_those_of_accepted_orders() {
        let mut orders: Vec<_> = (1..=100)
            .map(|took| (asked(0, took), Outcome::Accepted(OrderId::new())))
            .collect();
        orders.push((asked(0, 9000), refused(503)));
        let measured = measured(&orders);
        assert_eq!((measured.p50_ms, measured.p99_ms), (50, 99));
        let slowest = measured.slowest.unwrap();
        assert_eq!(slowest.took_ms, 100);
        assert!(slowest.id.starts_with("ord_"), "{slowest:?}");
        assert_eq!(slowest.problem, None);
    }

    #[test]
    fn refusals_are_timed_after_the_first_second() {
        let early = measured(&[(asked(999, 600), refused(503))]);
        assert_eq!(early.refused_p99_ms, None);
        let later = measured(&[
            (asked(999, 600), refused(503)),
            (asked(1000, 7), refused(503)),
            (asked(2000, 3), refused(503)),
        ]);
        assert_eq!(later.refused_p99_ms, Some(7));
    }

    #[test]
    fn the_first_refused_order_is_the_one_that_was_sent_first() {
        let measured = measured(&[(asked(700, 10), refused(503)), (asked(200, 900), refused(429))]);
        let first = measured.first_refused.unwrap();
        assert_eq!((first.after_ms, first.took_ms), (200, 900));
        assert_eq!(first.id, format!("{:0>32}", "abc"));
        assert_eq!(first.problem.as_deref(), Some("429 payment-busy"));
    }
}

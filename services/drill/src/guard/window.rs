//! Judges whether others than the drill suffer, by what was counted in the last seconds.

use crate::measure::Answers;
use fdp_drill::{Guard, Guarded};
use std::collections::VecDeque;
use std::time::Duration;

/// Fewer requests of others tell nothing.
const ENOUGH: u64 = 20;
/// Looks come each second, but not to the millisecond: one that is hardly too old still counts.
const SPARE: Duration = Duration::from_millis(500);

/// What was counted at one moment, from the start of the drill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: Duration,
    /// By the gateway, of everybody.
    pub(super) gateway: Answers,
    /// By the drill of its own requests, before the gateway was asked.
    pub(super) own_before: Answers,
    /// The same after the gateway had answered.
    pub(super) own_after: Answers,
}

#[derive(Debug)]
pub(super) struct Window {
    guard: Guard,
    samples: VecDeque<Sample>,
}

impl Window {
    pub(super) fn of(guard: &Guard) -> Self {
        Self {
            guard: guard.clone(),
            samples: VecDeque::new(),
        }
    }

    pub(super) fn length(&self) -> Duration {
        Duration::from_secs(self.guard.within_seconds.into())
    }

    /// Takes what was counted last; says so if too many others have suffered.
    pub(super) fn add(&mut self, sample: Sample) -> Option<Guarded> {
        let longest = self.length() + SPARE;
        self.samples.push_back(sample);
        self.samples
            .retain(|earlier| sample.at.saturating_sub(earlier.at) <= longest);
        let others = of_others(self.samples.front()?, &sample);
        let is_too_much = others.failed * 100 > others.all * u64::from(self.guard.failed_percent);
        (others.all >= ENOUGH && is_too_much).then_some(Guarded::OthersSuffered {
            requests: others.all,
            failed: others.failed,
        })
    }
}

/// The requests of others between two moments, rather too few than too many: what the drill itself got while the gateway was
/// asked is taken for counted there.
fn of_others(from: &Sample, to: &Sample) -> Answers {
    let everybody = to.gateway.without(from.gateway);
    let own = to.own_after.without(from.own_before);
    let others = everybody.without(own);
    Answers {
        failed: others.failed.min(others.all),
        ..others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        Window::of(&Guard {
            address: String::new(),
            failed_percent: 5,
            within_seconds: 10,
        })
    }

    fn sample(at: u64, gateway: (u64, u64), own: (u64, u64)) -> Sample {
        let answers = |(all, failed)| Answers { all, failed };
        Sample {
            at: Duration::from_secs(at),
            gateway: answers(gateway),
            own_before: answers(own),
            own_after: answers(own),
        }
    }

    fn last(samples: &[Sample]) -> Option<Guarded> {
        let mut window = window();
        samples.iter().map(|sample| window.add(*sample)).last().flatten()
    }

    fn suffered(requests: u64, failed: u64) -> Guarded {
        Guarded::OthersSuffered { requests, failed }
    }

    #[test]
    fn what_the_drill_itself_suffers_is_no_matter() {
        let before = sample(0, (1000, 10), (0, 0));
        assert_eq!(last(&[before, sample(5, (1600, 510), (500, 500))]), None);
        let others_too = sample(5, (1612, 541), (500, 500));
        assert_eq!(last(&[before, others_too]), Some(suffered(112, 31)));
    }

    #[test]
    fn as_many_as_are_allowed_may_fail_and_not_one_more() {
        let before = sample(0, (0, 0), (0, 0));
        assert_eq!(last(&[before, sample(1, (100, 5), (0, 0))]), None);
        assert_eq!(
            last(&[before, sample(1, (100, 6), (0, 0))]),
            Some(suffered(100, 6))
        );
    }

    #[test]
    fn a_handful_of_requests_tells_nothing() {
        let before = sample(0, (0, 0), (0, 0));
        assert_eq!(last(&[before, sample(9, (19, 19), (0, 0))]), None);
        assert_eq!(
            last(&[before, sample(9, (20, 20), (0, 0))]),
            Some(suffered(20, 20))
        );
        assert_eq!(
            last(&[sample(0, (500, 500), (0, 0))]),
            None,
            "what was before the drill"
        );
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let failed_at_once = [
            sample(0, (0, 0), (0, 0)),
            sample(1, (19, 19), (0, 0)),
            sample(11, (59, 19), (0, 0)),
        ];
        assert_eq!(last(&failed_at_once), None);
        let still_there = [sample(0, (0, 0), (0, 0)), sample(10, (59, 19), (0, 0))];
        assert_eq!(last(&still_there), Some(suffered(59, 19)));
    }

    #[test]
    fn answers_of_the_drill_that_come_while_the_gateway_is_asked_are_not_taken_for_those_of_others() {
        let before = sample(0, (0, 0), (0, 0));
        let meanwhile = Sample {
            own_after: Answers {
                all: 130,
                failed: 130,
            },
            ..sample(1, (130, 130), (100, 100))
        };
        assert_eq!(last(&[before, meanwhile]), None);
    }
}

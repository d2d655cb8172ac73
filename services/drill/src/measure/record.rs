//! Everything that a drill measures, by stage; all moments are counted from its start.

use super::accepted::Accepted;
use super::outcome::Outcome;
use super::recovery::Recovery;
use super::tally::{Asked, Tally, milliseconds};
use super::timeline::Timeline;
use fdp_drill::Measured;
use hdrhistogram::CreationError;
use std::time::Duration;

/// An order that was sent and not answered yet.
#[derive(Debug)]
pub(crate) struct Sent {
    at: Duration,
    stage: usize,
    trace: u128,
    /// Its place among those that were sent after the fault.
    number: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Record {
    timeline: Timeline,
    tallies: Vec<Tally>,
    recovery: Option<Recovery>,
    accepted: Accepted,
    any_answered: bool,
    wants_sign_in: bool,
}

impl Record {
    /// # Errors
    /// When the library for times does not take our bounds.
    pub(crate) fn new(timeline: Timeline) -> Result<Self, CreationError> {
        let tallies = timeline.stages().iter().map(|_| Tally::new());
        Ok(Self {
            tallies: tallies.collect::<Result<_, _>>()?,
            recovery: timeline.faults().last().map(|fault| Recovery::after(fault.ends)),
            timeline,
            accepted: Accepted::default(),
            any_answered: false,
            wants_sign_in: false,
        })
    }

    pub(crate) fn order_sent(&mut self, at: Duration, trace: u128) -> Sent {
        Sent {
            at,
            stage: self.timeline.stage_at(at),
            trace,
            number: self.recovery.as_mut().and_then(|recovery| recovery.sent(at)),
        }
    }

    pub(crate) fn order_answered(&mut self, sent: &Sent, now: Duration, outcome: &Outcome) {
        let begins = self
            .timeline
            .stages()
            .get(sent.stage)
            .map_or(Duration::ZERO, |(_, span)| span.begins);
        let asked = Asked {
            after: sent.at.saturating_sub(begins),
            took: now.saturating_sub(sent.at),
            trace: sent.trace,
        };
        if let Some(tally) = self.tallies.get_mut(sent.stage) {
            tally.order(asked, outcome);
        }
        if let (Some(recovery), Some(number)) = (&mut self.recovery, sent.number) {
            recovery.answered(number, sent.at, matches!(outcome, Outcome::Accepted(_)));
        }
        match outcome {
            Outcome::Accepted(id) => self.accepted.add(*id),
            Outcome::Refused(401 | 403, _) if !self.any_answered => self.wants_sign_in = true,
            _ => {}
        }
        self.any_answered |= !matches!(outcome, Outcome::Unanswered(_));
    }

    /// A request that is no order failed; it was sent at that moment.
    pub(crate) fn other_failed(&mut self, sent: Duration) {
        let stage = self.timeline.stage_at(sent);
        if let Some(tally) = self.tallies.get_mut(stage) {
            tally.other_failed();
        }
    }

    /// Whether the first order was refused because nobody had signed in.
    pub(crate) fn wants_sign_in(&self) -> bool {
        self.wants_sign_in
    }

    #[cfg(test)]
    pub(crate) fn accepted(&self) -> &Accepted {
        &self.accepted
    }

    pub(crate) fn accepted_mut(&mut self) -> &mut Accepted {
        &mut self.accepted
    }

    pub(crate) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    pub(crate) fn recovery_ms(&self) -> Option<u64> {
        self.recovery.as_ref()?.took().map(milliseconds)
    }

    /// What was measured in the stages that had begun before that moment, which was the end of the load.
    pub(crate) fn measured(&self, end: Duration) -> Vec<Measured> {
        self.timeline
            .stages()
            .iter()
            .zip(&self.tallies)
            .filter(|((_, span), _)| span.begins < end)
            .map(|((phase, span), tally)| {
                tally.measured(*phase, span.ends.min(end).saturating_sub(span.begins))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::OrderId;
    use fdp_drill::{Phase, Stage};

    fn record() -> Record {
        let stage = |phase| Stage { phase, seconds: 10 };
        let stages = [Phase::Steady, Phase::Fault, Phase::Recovery].map(stage);
        Record::new(Timeline::of(&stages)).unwrap()
    }

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn an_order_counts_in_the_stage_in_which_it_was_sent() {
        let mut record = record();
        let sent = record.order_sent(at(9_900), 1);
        record.order_answered(&sent, at(10_300), &Outcome::Accepted(OrderId::new()));
        let measured = record.measured(at(30_000));
        let asked: Vec<u64> = measured.iter().map(|measured| measured.asked).collect();
        assert_eq!(asked, [1, 0, 0]);
        let slowest = measured[0].slowest.as_ref().unwrap();
        assert_eq!((slowest.after_ms, slowest.took_ms), (9_900, 400));
    }

    #[test]
    fn recovery_counts_from_the_end_of_the_fault() {
        let mut record = record();
        for number in 0..20_u64 {
            let sent = record.order_sent(at(19_000 + number * 100), 1);
            record.order_answered(&sent, at(25_000 + number), &Outcome::Accepted(OrderId::new()));
        }
        assert_eq!(record.recovery_ms(), Some(0));
        assert_eq!(record.accepted().count(), 20);
    }

    #[test]
    fn a_drill_that_is_stopped_tells_of_the_stages_that_had_begun() {
        let measured = record().measured(at(12_500));
        let took: Vec<_> = measured
            .iter()
            .map(|measured| (measured.phase, measured.took_ms))
            .collect();
        assert_eq!(took, [(Phase::Steady, 10_000), (Phase::Fault, 2_500)]);
    }

    #[test]
    fn only_the_first_answer_tells_that_people_have_to_sign_in() {
        let refused = |status| Outcome::Refused(status, String::new());
        let mut first = record();
        let sent = first.order_sent(at(0), 1);
        first.order_answered(&sent, at(1), &refused(401));
        assert!(first.wants_sign_in());

        let mut later = record();
        let sent = later.order_sent(at(0), 1);
        later.order_answered(&sent, at(1), &refused(503));
        later.order_answered(&sent, at(2), &refused(403));
        assert!(!later.wants_sign_in());
    }
}

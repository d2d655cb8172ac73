//! When the stages of a drill begin and end, counted from its start.

use fdp_drill::{Phase, Stage};
use std::time::Duration;

/// A part of the time of a drill, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) begins: Duration,
    pub(crate) ends: Duration,
}

/// The stages, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    stages: Vec<(Phase, Span)>,
}

impl Timeline {
    pub(crate) fn of(stages: &[Stage]) -> Self {
        let mut begins = Duration::ZERO;
        let stages = stages.iter().map(|stage| {
            let ends = begins + Duration::from_secs(stage.seconds.into());
            let span = Span { begins, ends };
            begins = ends;
            (stage.phase, span)
        });
        Self {
            stages: stages.collect(),
        }
    }

    pub(crate) fn stages(&self) -> &[(Phase, Span)] {
        &self.stages
    }

    /// When the last stage ends.
    pub(crate) fn ends(&self) -> Duration {
        self.stages.last().map_or(Duration::ZERO, |(_, span)| span.ends)
    }

    /// The stage of that moment; after the end the last one, since that is what was under way when the request was caused.
    pub(crate) fn stage_at(&self, moment: Duration) -> usize {
        let ended = self.stages.iter().filter(|(_, span)| span.ends <= moment);
        ended.count().min(self.stages.len().saturating_sub(1))
    }

    /// From the beginning of the first fault to the end, if there is a fault.
    pub(crate) fn fault_to_end(&self) -> Option<Span> {
        let begins = self.faults().first()?.begins;
        Some(Span {
            begins,
            ends: self.ends(),
        })
    }

    /// The times of the fault; stages that follow each other are one.
    pub(crate) fn faults(&self) -> Vec<Span> {
        let mut faults: Vec<Span> = Vec::new();
        for (_, span) in self.stages.iter().filter(|(phase, _)| *phase == Phase::Fault) {
            match faults.last_mut() {
                Some(last) if last.ends == span.begins => last.ends = span.ends,
                _ => faults.push(*span),
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(stages: &[(Phase, u32)]) -> Timeline {
        let stages: Vec<_> = stages
            .iter()
            .map(|&(phase, seconds)| Stage { phase, seconds })
            .collect();
        Timeline::of(&stages)
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_moment_belongs_to_the_stage_that_has_begun_last() {
        let timeline = timeline(&[(Phase::Steady, 2), (Phase::Fault, 3), (Phase::Recovery, 4)]);
        let stage = |milliseconds| timeline.stage_at(Duration::from_millis(milliseconds));
        assert_eq!([0, 1999, 2000, 4999, 5000, 8999].map(stage), [0, 0, 1, 1, 2, 2]);
        assert_eq!(timeline.ends(), seconds(9));
        assert_eq!(stage(60_000), 2, "what is still sent after the end");
    }

    #[test]
    fn a_stage_of_no_length_has_no_moment() {
        let timeline = timeline(&[(Phase::Steady, 0), (Phase::Fault, 1)]);
        assert_eq!(timeline.stage_at(Duration::ZERO), 1);
    }

    #[test]
    fn fault_stages_that_follow_each_other_are_one_fault() {
        let timeline = timeline(&[
            (Phase::Fault, 1),
            (Phase::Fault, 2),
            (Phase::Recovery, 4),
            (Phase::Fault, 8),
        ]);
        let span = |begins, ends| Span {
            begins: seconds(begins),
            ends: seconds(ends),
        };
        assert_eq!(timeline.faults(), [span(0, 3), span(7, 15)]);
        assert_eq!(timeline.fault_to_end(), Some(span(0, 15)));
    }
}

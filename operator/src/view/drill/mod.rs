//! What people are shown of the drills of a platform: the one at work, and what the last ones have shown.

mod fault;
mod figures;
#[cfg(test)]
mod tests;

use fdp_crds::{
    ResilienceDrill,
    drill::{DrillPhase, ResilienceDrillStatus, Verdict},
};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::ResourceExt as _;

use crate::view::{age::Moment, state::Tone};
pub use figures::Figures;

/// How many drills are shown that are over.
const SHOWN: usize = 10;

/// The drills of a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrillsView {
    /// Those without a verdict: one at most, but for the moment in which the operator turns another one down.
    pub at_work: Vec<DrillAtWork>,
    /// The last ones that have a verdict, the latest first.
    pub finished: Vec<FinishedDrill>,
}

/// A drill without a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillAtWork {
    pub name: String,
    /// The phase, as the API names it.
    pub phase: &'static str,
    /// When the phase began.
    pub since: Option<Moment>,
    /// What it does at the moment, as a sentence.
    pub message: String,
    /// What happens to the platform.
    pub fault: String,
    /// What customers may notice while the fault is there.
    pub customers: String,
    pub tone: Tone,
}

/// A drill that has its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedDrill {
    pub name: String,
    pub verdict: &'static str,
    pub tone: Tone,
    /// Why, in one word.
    pub reason: String,
    /// Why, as a sentence.
    pub message: String,
    /// When it had its verdict.
    pub finished: Option<Moment>,
    /// What happened to the platform.
    pub fault: String,
    /// What was measured during the fault.
    pub figures: Option<Figures>,
}

impl DrillsView {
    /// The view of the drills of one platform at `now`.
    pub fn of<'d>(drills: impl IntoIterator<Item = &'d ResilienceDrill>, now: Timestamp) -> Self {
        let mut drills: Vec<&ResilienceDrill> = drills.into_iter().collect();
        drills.sort_by_key(|drill| drill.name_any());
        let mut finished: Vec<&ResilienceDrill> = Vec::new();
        let mut at_work = Vec::new();
        for drill in drills {
            if verdict(drill).is_some() {
                finished.push(drill);
            } else {
                at_work.push(DrillAtWork::of(drill, now));
            }
        }
        let ended = |drill: &ResilienceDrill| instant(drill.status.as_ref()?.finished_at.as_ref());
        finished.sort_by_key(|drill| std::cmp::Reverse(ended(drill)));
        let finished = finished.into_iter().take(SHOWN);
        Self {
            at_work,
            finished: finished.map(|drill| FinishedDrill::of(drill, now)).collect(),
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.at_work.is_empty() && self.finished.is_empty()
    }
}

impl DrillAtWork {
    fn of(drill: &ResilienceDrill, now: Timestamp) -> Self {
        let nothing = ResilienceDrillStatus::default();
        // The status of a drill that was asked to run again is about the run before until the operator has looked.
        let status = drill
            .status
            .as_ref()
            .filter(|status| status.run == drill.spec.run);
        let status = status.unwrap_or(&nothing);
        let (phase, began) = match status.phase {
            Some(DrillPhase::Steady) => ("Steady", status.started_at.as_ref()),
            Some(DrillPhase::Fault) => ("Fault", status.fault_began_at.as_ref()),
            Some(DrillPhase::Recovery) => ("Recovery", status.fault_ended_at.as_ref()),
            Some(DrillPhase::Pending | DrillPhase::Finished) | None => ("Pending", None),
        };
        let words = fault::words(&drill.spec.fault);
        Self {
            name: drill.name_any(),
            phase,
            since: instant(began).map(|began| Moment::new(began, now)),
            message: status
                .message
                .clone()
                .unwrap_or_else(|| "it waits for the operator".to_owned()),
            fault: words.what,
            customers: words.customers,
            tone: Tone::Busy,
        }
    }
}

impl FinishedDrill {
    fn of(drill: &ResilienceDrill, now: Timestamp) -> Self {
        let status = drill.status.clone().unwrap_or_default();
        let tone = match status.verdict {
            Some(Verdict::Passed) => Tone::Good,
            Some(Verdict::Failed) => Tone::Bad,
            Some(Verdict::Inconclusive) | None => Tone::Unknown,
            Some(Verdict::Aborted) => Tone::Paused,
        };
        Self {
            name: drill.name_any(),
            verdict: status.verdict.map_or("Unknown", Verdict::as_str),
            tone,
            reason: status.reason.unwrap_or_default(),
            message: status.message.unwrap_or_default(),
            finished: instant(status.finished_at.as_ref()).map(|finished| Moment::new(finished, now)),
            fault: fault::words(&drill.spec.fault).what,
            figures: Figures::during_fault(&status.measured),
        }
    }
}

/// The verdict of the run that is asked for.
fn verdict(drill: &ResilienceDrill) -> Option<Verdict> {
    let status = drill.status.as_ref()?;
    status.verdict.filter(|_| status.run == drill.spec.run)
}

fn instant(time: Option<&Time>) -> Option<Timestamp> {
    time.map(|time| time.0)
}

//! Draws the drills of a platform as a branch of its tree.

use super::{Branch, Leaf};
use crate::view::{
    drill::{DrillAtWork, DrillsView, Figures, FinishedDrill},
    state::Tone,
};

/// The branch, if there are drills.
pub(super) fn branch(drills: &DrillsView) -> Option<Branch> {
    let (tone, state) = match (drills.at_work.first(), drills.finished.first()) {
        (Some(at_work), _) => (at_work.tone, format!("{} is at work", at_work.name)),
        (None, Some(last)) => (last.tone, format!("the last one has {}", past(last.tone))),
        (None, None) => return None,
    };
    Some(Branch {
        name: "Drills".to_owned(),
        tone,
        state,
        message: None,
        cure: None,
        leaves: drills
            .at_work
            .iter()
            .map(at_work)
            .chain(drills.finished.iter().map(finished))
            .collect(),
    })
}

fn past(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "passed",
        Tone::Bad => "failed",
        Tone::Paused => "been aborted",
        Tone::Busy | Tone::Unknown => "shown nothing",
    }
}

fn at_work(drill: &DrillAtWork) -> Leaf {
    let since = drill.since.as_ref().map(|since| format!("for {}; ", since.age));
    Leaf {
        name: drill.name.clone(),
        tone: drill.tone,
        replicas: drill.phase.to_owned(),
        image: drill.fault.clone(),
        remark: format!("{}{}", since.unwrap_or_default(), drill.customers),
    }
}

fn finished(drill: &FinishedDrill) -> Leaf {
    let ago = drill
        .finished
        .as_ref()
        .map(|finished| format!(", {} ago", finished.age));
    Leaf {
        name: drill.name.clone(),
        tone: drill.tone,
        replicas: drill.verdict.to_owned(),
        image: drill
            .figures
            .as_ref()
            .map_or_else(|| drill.fault.clone(), Figures::sentence),
        remark: format!("{}{}", drill.reason, ago.unwrap_or_default()),
    }
}

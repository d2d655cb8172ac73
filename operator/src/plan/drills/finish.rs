//! How a run begins and ends in the status of its drill.

use fdp_crds::{
    ResilienceDrill,
    drill::{DrillPhase, FormerRun, ResilienceDrillStatus, Verdict},
};
use k8s_openapi::jiff::Timestamp;

use crate::kubernetes::time::whole_seconds;

/// How many former runs a status remembers.
const REMEMBERED: usize = 5;

/// Whether the run that is asked for has its verdict.
pub(super) fn is_finished(drill: &ResilienceDrill) -> bool {
    let status = drill.status.as_ref();
    status.is_some_and(|status| status.run == drill.spec.run && status.verdict.is_some())
}

/// What the status says of the run that is asked for; a former run goes to the history.
pub(super) fn of_this_run(drill: &ResilienceDrill) -> ResilienceDrillStatus {
    let status = ResilienceDrillStatus {
        observed_generation: drill.metadata.generation,
        ..drill.status.clone().unwrap_or_default()
    };
    if status.run == drill.spec.run {
        return status;
    }
    let former = status
        .verdict
        .zip(status.finished_at)
        .map(|(verdict, finished_at)| FormerRun {
            run: status.run,
            verdict,
            reason: status.reason.unwrap_or_default(),
            finished_at,
        });
    let mut history: Vec<FormerRun> = former.into_iter().chain(status.history).collect();
    history.truncate(REMEMBERED);
    ResilienceDrillStatus {
        observed_generation: status.observed_generation,
        run: drill.spec.run.clone(),
        history,
        ..ResilienceDrillStatus::default()
    }
}

/// The status with a verdict.
pub(super) fn finished(
    status: ResilienceDrillStatus,
    verdict: Verdict,
    reason: &str,
    message: String,
    now: Timestamp,
) -> ResilienceDrillStatus {
    ResilienceDrillStatus {
        phase: Some(DrillPhase::Finished),
        verdict: Some(verdict),
        reason: Some(reason.to_owned()),
        message: Some(message),
        finished_at: Some(whole_seconds(now)),
        ..status
    }
}

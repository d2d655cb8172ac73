//! How a run begins and ends in the status of its drill.

use fdp_crds::{
    ResilienceDrill,
    drill::{DrillPhase, FormerRun, ResilienceDrillStatus, Verdict},
};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

/// How many former runs a status remembers.
const REMEMBERED: usize = 5;

/// Whether the run that is asked for has its verdict.
pub(super) fn is_finished(drill: &ResilienceDrill) -> bool {
    let status = drill.status.as_ref();
    status.is_some_and(|status| status.run == drill.spec.run && status.verdict.is_some())
}

/// What the status says of the run that is asked for; a former run goes to the history.
pub(super) fn of_this_run(drill: &ResilienceDrill) -> ResilienceDrillStatus {
    let status = drill.status.clone().unwrap_or_default();
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

/// The API server stores whole seconds; with fractions, the status written would not equal the status read.
pub(super) fn whole_seconds(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

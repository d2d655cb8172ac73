//! Ends a run whose guard has ended the load: others suffered, or nobody could see whether they did.

use fdp_crds::drill::{ResilienceDrillStatus, Verdict};
use fdp_drill::{Guarded, Report};
use k8s_openapi::jiff::Timestamp;

use crate::plan::drills::{finish::finished, settings::Run};

/// The status of a run that its guard has ended, if it has.
pub(super) fn aborted(
    run: &Run<'_>,
    status: &ResilienceDrillStatus,
    report: &Result<Box<Report>, String>,
    now: Timestamp,
) -> Option<ResilienceDrillStatus> {
    let report = report.as_ref().ok()?;
    let (reason, message) = said(report.guarded.as_ref()?, run);
    let mut status = status.clone();
    let is_new = |phase| report.measured.iter().any(|measured| measured.phase == phase);
    status.measured.retain(|measured| !is_new(measured.phase));
    status.measured.extend(report.measured.iter().cloned());
    Some(finished(status, Verdict::Aborted, reason, message, now))
}

fn said(guarded: &Guarded, run: &Run<'_>) -> (&'static str, String) {
    let (percent, within) = (run.guard_percent(), run.guard_seconds());
    match guarded {
        Guarded::OthersSuffered { requests, failed } => (
            "OthersSuffered",
            format!(
                "{failed} of {requests} requests of others failed within {within} s; the guard allows {percent} %"
            ),
        ),
        Guarded::CannotSee { why } => (
            "GuardCannotSee",
            format!("nobody could see whether others suffer: the gateway's metrics cannot be read ({why})"),
        ),
    }
}

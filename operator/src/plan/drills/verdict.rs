//! The verdict on a run.

use fdp_crds::drill::{Expect, Expectation, ResilienceDrillStatus, Verdict};
use fdp_drill::{Phase, Report};

use crate::{
    model::observed::Observed,
    plan::drills::{expectations::expectations, finish::finished, proof},
};

/// Fewer orders tell nothing.
const ENOUGH_ORDERS: u64 = 20;

/// The status with the verdict on what was measured.
pub(super) fn judge(
    expect: &Expect,
    mut status: ResilienceDrillStatus,
    report: &Report,
    observed: &Observed,
) -> ResilienceDrillStatus {
    let before = status
        .measured
        .iter()
        .filter(|measured| measured.phase == Phase::Steady);
    status.measured = before.chain(&report.measured).cloned().collect();
    status.orders = Some(report.orders.clone());
    status.proof = proof::reported(report).or(status.proof);
    status.expectations = expectations(expect, report, status.replicas.as_ref());
    let (verdict, reason, message) = verdict(&status, report, observed);
    finished(status, verdict, reason, message, observed.now)
}

fn verdict(
    status: &ResilienceDrillStatus,
    report: &Report,
    observed: &Observed,
) -> (Verdict, &'static str, String) {
    let inconclusive = |reason, message: &str| (Verdict::Inconclusive, reason, message.to_owned());
    let generation = status.platform.as_ref().and_then(|platform| platform.generation);
    if generation != observed.remembered.generation {
        return inconclusive("PlatformChanged", "the platform's resource was changed meanwhile");
    }
    if status.proof.is_none() {
        return inconclusive("FaultNotSeen", "nothing showed that the fault happened");
    }
    let asked: u64 = report.measured.iter().map(|measured| measured.asked).sum();
    if asked < ENOUGH_ORDERS {
        let message = format!("{asked} orders tell nothing: {ENOUGH_ORDERS} are needed");
        return (Verdict::Inconclusive, "TooFewOrders", message);
    }
    let missed: Vec<&Expectation> = status
        .expectations
        .iter()
        .filter(|one| one.met == Some(false))
        .collect();
    if !missed.is_empty() {
        return (Verdict::Failed, "ExpectationMissed", list(&missed));
    }
    let unknown: Vec<&Expectation> = status
        .expectations
        .iter()
        .filter(|one| one.met.is_none())
        .collect();
    if !unknown.is_empty() {
        return (Verdict::Inconclusive, "NotMeasured", list(&unknown));
    }
    let all: Vec<&Expectation> = status.expectations.iter().collect();
    (Verdict::Passed, "AsExpected", list(&all))
}

fn list(expectations: &[&Expectation]) -> String {
    let each = expectations.iter().map(|one| {
        format!(
            "{}: {} expected, {} measured",
            one.name, one.expected, one.measured
        )
    });
    each.collect::<Vec<_>>().join("; ")
}

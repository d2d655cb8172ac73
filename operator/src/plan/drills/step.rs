//! How far a run is, from its Jobs, and what comes next.

use fdp_crds::drill::{DrillPhase, DrilledPlatform, ResilienceDrillStatus, Verdict};
use fdp_drill::Report;
use k8s_openapi::jiff::{SignedDuration, Timestamp};

use crate::{
    components::drill,
    kubernetes::time::whole_seconds,
    model::{object::Planned, observed::Observed},
    plan::drills::{
        alerts, assignment,
        finish::finished,
        guard,
        jobs::{Progress, progress},
        proof, replicas,
        settings::Run,
        verdict::judge,
    },
    spec::Validated,
};

/// The share of orders that have to be accepted before the fault, in percent.
const STEADY_AVAILABILITY: f64 = 99.0;
/// How long after the fault `fdp drill run` may take to tell what it did.
const RUNNER_TELLS_WITHIN: SignedDuration = SignedDuration::from_secs(10);
const NOBODY_DID_IT: &str = "nobody has done the fault: the operator has no right to, and must not; run this drill with \
                             `fdp drill run`, which does it with yours";

/// What a run needs, and its status.
pub(super) struct Step {
    pub(super) jobs: Vec<Planned>,
    pub(super) status: ResilienceDrillStatus,
}

/// The next step of a run whose turn it is.
pub(super) fn step(
    run: &Run<'_>,
    platform: &Validated,
    status: ResilienceDrillStatus,
    observed: &Observed,
) -> Step {
    let now = observed.now;
    let finishes = |status, verdict, reason: &str, message: String| {
        ends(finished(status, verdict, reason, message, now))
    };
    if let Some((reason, message)) = refused(run, platform).or_else(|| alerts::refused(run, platform)) {
        return finishes(status, Verdict::Aborted, reason, message);
    }
    let steady_name = run.steady_job(platform);
    let steady_job = drill::job(platform, steady_name.clone(), &assignment::steady(run, platform));
    let before = progress(&steady_name, observed);
    let mut status = status;
    if let Some(since) = since(&before) {
        status.started_at = Some(whole_seconds(since));
        if now.duration_since(since) > run.timeout() {
            let message = "it took longer than spec.timeoutSeconds".to_owned();
            return finishes(status, Verdict::Aborted, "TimedOut", message);
        }
    }
    let report = match before {
        Progress::Missing if !observed.remembered.is_ready => {
            return waits(status, "the platform is not ready yet");
        }
        Progress::Missing | Progress::Starting | Progress::Running { .. } => {
            let current = || DrilledPlatform {
                generation: observed.remembered.generation,
                version: observed.remembered.version.clone(),
            };
            status.platform.get_or_insert_with(current);
            return goes_on(
                status,
                DrillPhase::Steady,
                "the load runs without the fault",
                vec![steady_job],
            );
        }
        Progress::Ended { report, .. } => report,
    };
    if let Some(status) = guard::aborted(run, &status, &report, now) {
        return ends(status);
    }
    let report = match measured(report) {
        Ok(report) => report,
        Err(why) => return finishes(status, Verdict::Inconclusive, "LoadFailed", why),
    };
    status.measured.clone_from(&report.measured);
    if let Err(why) = holds(&report) {
        return finishes(status, Verdict::Inconclusive, "NotSteadyBefore", why);
    }
    let jobs = vec![
        steady_job,
        drill::job(
            platform,
            run.fault_job(platform),
            &assignment::fault(run, platform),
        ),
    ];
    under_fault(run, platform, status, jobs, observed)
}

fn under_fault(
    run: &Run<'_>,
    platform: &Validated,
    mut status: ResilienceDrillStatus,
    jobs: Vec<Planned>,
    observed: &Observed,
) -> Step {
    let now = observed.now;
    let during = progress(&run.fault_job(platform), observed);
    let load_ended = ended(&during);
    // It ends with its load, if that ends early.
    let fault_ends = since(&during).map(|began| {
        let planned = began + SignedDuration::from_secs(run.fault_seconds().into());
        load_ended.map_or(planned, |ended| ended.min(planned))
    });
    let is_active = fault_ends.is_some_and(|ends| now < ends);
    if let Some((began, ends)) = since(&during).zip(fault_ends) {
        status.fault_began_at = Some(whole_seconds(began));
        status.fault_ended_at = (!is_active).then(|| whole_seconds(ends));
        let seen = proof::seen(run, platform, began, observed);
        status.proof = seen.or(status.proof);
        if let Some(expected) = &run.spec().expect.replicas {
            let before = status.replicas.take();
            let seen = replicas::seen(expected, before, began, load_ended, platform, observed);
            status.replicas = Some(seen);
        }
    }
    if let Progress::Ended { report, .. } = &during
        && let Some(status) = guard::aborted(run, &status, report, now)
    {
        return ends(status);
    }
    let is_undone = run.fault().by_runner.is_some() && status.proof.is_none();
    if let Some(fault_ends) = fault_ends.filter(|_| is_undone && !is_active) {
        if now < fault_ends + RUNNER_TELLS_WITHIN {
            let message = "the fault is over; `fdp drill run` has not told yet what it did";
            return goes_on(status, DrillPhase::Recovery, message, jobs);
        }
        let message = NOBODY_DID_IT.to_owned();
        return ends(finished(
            status,
            Verdict::Inconclusive,
            "FaultNotSeen",
            message,
            now,
        ));
    }
    if let Some((expected, seen)) = run.spec().expect.replicas.as_ref().zip(status.replicas.as_ref())
        && load_ended.is_some_and(|ended| replicas::are_waited_for(expected, seen, ended, now))
    {
        let message = "the load is over; the replicas that it needed are waited for";
        return goes_on(status, DrillPhase::Recovery, message, jobs);
    }
    match during {
        Progress::Missing | Progress::Starting => {
            goes_on(status, DrillPhase::Steady, "the load of the fault starts", jobs)
        }
        Progress::Running { .. } if is_active => {
            let message = if is_undone {
                "the fault is due: `fdp drill run` does it"
            } else {
                "the fault is there"
            };
            goes_on(status, DrillPhase::Fault, message, jobs)
        }
        Progress::Running { .. } => {
            let message = "the fault is over; the load goes on, or its orders are waited for";
            goes_on(status, DrillPhase::Recovery, message, jobs)
        }
        Progress::Ended { report, .. } => ends(match measured(report) {
            Err(why) => finished(status, Verdict::Inconclusive, "LoadFailed", why, now),
            Ok(report) => judge(&run.spec().expect, status, &report, observed),
        }),
    }
}

/// Why a drill must not run on this platform.
fn refused(run: &Run<'_>, platform: &Validated) -> Option<(&'static str, String)> {
    if !platform.allows_drills {
        let message =
            "the platform does not allow drills: set spec.drills of it to Allowed, and change spec.run";
        return Some(("NotAllowed", message.to_owned()));
    }
    if platform.suspend {
        let message = "the platform is suspended: unset spec.suspend of it, and change spec.run";
        return Some(("PlatformSuspended", message.to_owned()));
    }
    if run.fault().mesh.is_some() && platform.mesh.is_none() {
        let message =
            "fault.mesh needs Istio: set spec.mesh.provider of the platform to Istio, and change spec.run";
        return Some(("NoMesh", message.to_owned()));
    }
    let part = run.unknown_part(platform)?;
    Some((
        "UnknownPart",
        format!("the platform runs no {part}: change spec.fault, and spec.run"),
    ))
}

/// When the container of a Job ended.
fn ended(progress: &Progress) -> Option<Timestamp> {
    match progress {
        Progress::Ended { at, .. } => *at,
        _ => None,
    }
}

/// When the container of a Job started.
fn since(progress: &Progress) -> Option<Timestamp> {
    match progress {
        Progress::Missing | Progress::Starting => None,
        Progress::Running { since } => Some(*since),
        Progress::Ended { since, .. } => *since,
    }
}

/// What was measured, or why nothing was.
fn measured(report: Result<Box<Report>, String>) -> Result<Box<Report>, String> {
    let report = report.map_err(|why| format!("the load has measured nothing: {why}"))?;
    match report.problem {
        Some(problem) => Err(format!("the load did not do what it should: {problem}")),
        None => Ok(report),
    }
}

/// Whether the platform was well before the fault.
fn holds(report: &Report) -> Result<(), String> {
    let measured = report
        .measured
        .first()
        .ok_or("nothing was measured before the fault")?;
    let share = measured
        .availability()
        .ok_or("nothing was ordered before the fault")?;
    if share >= STEADY_AVAILABILITY {
        return Ok(());
    }
    let refused = measured
        .first_refused
        .as_ref()
        .and_then(|refused| refused.problem.as_deref());
    Err(format!(
        "already before the fault only {share:.2} % of {} orders were accepted; the first that was not: {}",
        measured.asked,
        refused.unwrap_or("no answer")
    ))
}

/// A run that has its verdict needs nothing.
fn ends(status: ResilienceDrillStatus) -> Step {
    Step {
        jobs: Vec::new(),
        status,
    }
}

fn waits(status: ResilienceDrillStatus, message: &str) -> Step {
    goes_on(status, DrillPhase::Pending, message, Vec::new())
}

fn goes_on(status: ResilienceDrillStatus, phase: DrillPhase, message: &str, jobs: Vec<Planned>) -> Step {
    let status = ResilienceDrillStatus {
        phase: Some(phase),
        reason: Some(format!("{phase:?}")),
        message: Some(message.to_owned()),
        ..status
    };
    Step { jobs, status }
}

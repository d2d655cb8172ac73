//! One drill from its first request to its report.

use crate::alerts;
use crate::client::Server;
use crate::guard;
use crate::load::{self, People, Shared};
use crate::measure::{Accepted, Record, Timeline};
use crate::pay_fault;
use crate::settle::{settle, without_a_look};
use crate::sidecars;
use fdp_drill::{Assignment, Guarded, Report};
use hdrhistogram::CreationError;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Does what the assignment says, until it is done or stopped.
///
/// # Errors
/// When nothing can be measured, which does not happen.
pub(crate) async fn run(
    assignment: Assignment,
    gateway: Server,
    seed: u64,
    stop: &CancellationToken,
) -> Result<Report, CreationError> {
    let timeline = Timeline::of(&assignment.stages);
    let faults = timeline.faults();
    let watched = timeline.fault_to_end();
    let record = Record::new(timeline)?;
    let gateway = Rc::new(gateway);
    // The load also ends the fault, if it has to stop by itself.
    let load_stop = stop.child_token();
    let started = Instant::now();
    let shared = Rc::new(Shared::new(
        Rc::clone(&gateway),
        People {
            customers: assignment.customers,
            mix: assignment.mix,
            ignore_retry_after: assignment.ignore_retry_after,
            new_connection_percent: assignment.new_connection_percent,
            seed,
        },
        started,
        record,
        load_stop.clone(),
    ));
    let fault = async {
        match &assignment.pay {
            Some(fault) => Some(pay_fault::run(fault, &faults, started, &load_stop).await),
            None => None,
        }
    };
    let sidecars = async {
        let asked = assignment.sidecars.as_ref()?;
        Some(sidecars::watch(asked, &faults, started, &load_stop).await)
    };
    let over = CancellationToken::new();
    let load = async {
        load::run(&shared, assignment.arrivals).await;
        over.cancel();
        shared.now().min(shared.ends())
    };
    let alerts = async {
        match assignment.alerts.as_ref().zip(watched) {
            Some((asked, time)) => Some(alerts::watch(asked, time, started, &load_stop).await),
            None => None,
        }
    };
    let guard = async {
        let guarded = guard::watch(assignment.guard.as_ref()?, || shared.answers(), &over).await;
        if guarded.is_some() {
            load_stop.cancel();
        }
        guarded
    };
    let (ended, told, sidecars, alerts, guarded) = tokio::join!(load, fault, sidecars, alerts, guard);

    let accepted = shared.take_accepted();
    let orders = if stop.is_cancelled() || guarded.is_some() {
        without_a_look(&accepted)
    } else {
        let within = Duration::from_secs(assignment.settle_seconds.into());
        settle(&gateway, &accepted, within, stop).await
    };
    let record = shared.record();
    let undone = told.as_ref().and_then(|told| told.problem.clone());
    let unasked = sidecars.as_ref().and_then(|asked| asked.problem.clone());
    let problem = problem(&record, &accepted, undone.or(unasked), stop.is_cancelled());
    Ok(Report {
        measured: record.measured(ended),
        recovery_ms: record.recovery_ms(),
        orders,
        guarded: guarded.filter(|guarded| counts(guarded, problem.as_deref())),
        problem,
        pay: told.map(|told| told.seen),
        sidecars: sidecars.map(|asked| asked.seen),
        alerts: alerts.map(Box::new),
    })
}

/// A load that could not run as it should has nothing to be seen.
fn counts(guarded: &Guarded, problem: Option<&str>) -> bool {
    matches!(guarded, Guarded::OthersSuffered { .. }) || problem.is_none()
}

/// Why the drill could not do what it was told; all reasons, the most important first.
fn problem(
    record: &Record,
    accepted: &Accepted,
    of_fault: Option<String>,
    was_stopped: bool,
) -> Option<String> {
    let stopped = was_stopped.then(|| "it was stopped".to_owned());
    let sign_in = record.wants_sign_in().then(|| {
        "the platform wants people to sign in, which the load does not do: its first order was refused"
            .to_owned()
    });
    let kept = u64::try_from(accepted.kept().len()).unwrap_or(u64::MAX);
    let too_many = (accepted.count() > kept)
        .then(|| format!("only the first {kept} accepted orders were followed to their end"));
    let all: Vec<String> = [stopped, sign_in, of_fault, too_many]
        .into_iter()
        .flatten()
        .collect();
    (!all.is_empty()).then(|| all.join("; "))
}

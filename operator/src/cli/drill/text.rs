//! What is printed of drills.

use std::fmt::Write as _;

use fdp_crds::{
    ResilienceDrill,
    drill::{ResilienceDrillStatus, Verdict},
};
use fdp_drill::Measured;
use kube::ResourceExt as _;

use crate::cli::paint::{Colour, Paint};

/// One line a drill.
pub fn list(drills: &[ResilienceDrill], paint: Paint) -> String {
    if drills.is_empty() {
        return "no drills\n".to_owned();
    }
    let width = drills
        .iter()
        .map(|drill| drill.name_any().len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for drill in drills {
        let status = drill.status.clone().unwrap_or_default();
        let name = drill.name_any();
        let message = status.message.clone().unwrap_or_default();
        let _ = writeln!(text, "{name:width$}  {:12}  {message}", state(&status, paint));
    }
    text
}

/// All that a drill has shown.
pub fn show(drill: &ResilienceDrill, paint: Paint) -> String {
    let status = drill.status.clone().unwrap_or_default();
    let mut text = format!(
        "{}: {}\n  {}\n",
        drill.name_any(),
        state(&status, paint),
        status.message.as_deref().unwrap_or("nothing yet")
    );
    let mut line = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(text, "  {label:<10} {value}");
        }
    };
    let platform = status.platform.as_ref();
    line(
        "platform",
        platform.map(|platform| {
            let version = platform.version.as_deref().unwrap_or("unknown");
            format!("{}, version {version}", drill.spec.platform)
        }),
    );
    line("proof", status.proof.clone());
    line("fault", fault_times(&status));
    for measured in &status.measured {
        line(
            &format!("{:?}", measured.phase).to_lowercase(),
            Some(phase(measured)),
        );
    }
    line(
        "orders",
        status.orders.as_ref().map(|orders| {
            format!(
                "{} accepted, {} ended, {} open, {} lost",
                orders.accepted, orders.ended, orders.open, orders.lost
            )
        }),
    );
    for expectation in &status.expectations {
        let met = match expectation.met {
            Some(true) => paint.colour(Colour::Green, "met"),
            Some(false) => paint.colour(Colour::Red, "missed"),
            None => paint.colour(Colour::Yellow, "unknown"),
        };
        let order = expectation
            .order
            .as_ref()
            .map(|order| format!(" (see {order})"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "  {met:<10} {}: {}, measured {}{order}",
            expectation.name, expectation.expected, expectation.measured
        );
    }
    for former in &status.history {
        let finished = former.finished_at.0;
        let _ = writeln!(
            text,
            "  before     {finished}: {:?}, {}",
            former.verdict, former.reason
        );
    }
    text
}

/// The exit code of a verdict, with which a pipeline can stop.
pub fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Passed => 0,
        Verdict::Failed => 1,
        Verdict::Inconclusive => 3,
        Verdict::Aborted => 4,
    }
}

fn state(status: &ResilienceDrillStatus, paint: Paint) -> String {
    match (status.verdict, status.phase) {
        (Some(Verdict::Passed), _) => paint.colour(Colour::Green, "Passed"),
        (Some(Verdict::Failed), _) => paint.colour(Colour::Red, "Failed"),
        (Some(other), _) => paint.colour(Colour::Yellow, &format!("{other:?}")),
        (None, Some(phase)) => paint.colour(Colour::Blue, &format!("{phase:?}")),
        (None, None) => "not run".to_owned(),
    }
}

fn fault_times(status: &ResilienceDrillStatus) -> Option<String> {
    let began = status.fault_began_at.as_ref()?.0;
    Some(match &status.fault_ended_at {
        Some(ended) => format!("{began} to {}", ended.0),
        None => format!("since {began}"),
    })
}

fn phase(measured: &Measured) -> String {
    let refused: Vec<String> = measured
        .refused
        .iter()
        .map(|(status, count)| format!("{count} × {status}"))
        .chain((measured.unanswered > 0).then(|| format!("{} without an answer", measured.unanswered)))
        .collect();
    let refused = if refused.is_empty() {
        String::new()
    } else {
        format!(", {}", refused.join(", "))
    };
    format!(
        "{} of {} orders accepted, {:.1}/s, p50 {} ms, p99 {} ms{refused}",
        measured.accepted,
        measured.asked,
        measured.per_second(),
        measured.p50_ms,
        measured.p99_ms
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drill() -> ResilienceDrill {
        serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill",
            "metadata": { "name": "slow-pay" },
            "spec": { "platform": "shop", "fault": { "seconds": 5, "pay": { "failurePercent": 50 } },
                "expect": { "availabilityPercent": "99.9" } },
            "status": {
                "phase": "Finished", "verdict": "Failed", "reason": "ExpectationMissed", "message": "too few were taken",
                "platform": { "version": "1.2.0" },
                "proof": "1 replica of pay made 33 payments slow or let them fail",
                "faultBeganAt": "2026-11-29T11:34:46Z", "faultEndedAt": "2026-11-29T11:34:51Z",
                "measured": [{ "phase": "Fault", "tookMs": 5000, "asked": 321, "accepted": 292,
                    "refused": { "503": 29 }, "p50Ms": 26, "p99Ms": 148 }],
                "orders": { "accepted": 292, "ended": 292, "open": 0, "lost": 0 },
                "expectations": [{ "name": "availabilityPercent", "expected": "at least 99.9 %", "measured": "90.96 %",
                    "met": false, "order": "bb721bb7" }],
                "history": [{ "run": "1", "verdict": "Passed", "reason": "AsExpected", "finishedAt": "2026-11-28T00:00:00Z" }],
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_drill_is_shown_with_what_was_expected_measured_and_where_to_look() {
        assert_eq!(
            show(&drill(), Paint::PLAIN),
            "slow-pay: Failed\n  too few were taken\n\
             \u{20} platform   shop, version 1.2.0\n\
             \u{20} proof      1 replica of pay made 33 payments slow or let them fail\n\
             \u{20} fault      2026-11-29T11:34:46Z to 2026-11-29T11:34:51Z\n\
             \u{20} fault      292 of 321 orders accepted, 58.4/s, p50 26 ms, p99 148 ms, 29 × 503\n\
             \u{20} orders     292 accepted, 292 ended, 0 open, 0 lost\n\
             \u{20} missed     availabilityPercent: at least 99.9 %, measured 90.96 % (see bb721bb7)\n\
             \u{20} before     2026-11-28T00:00:00Z: Passed, AsExpected\n"
        );
    }

    #[test]
    fn a_list_has_a_line_for_each_drill_also_for_one_that_has_not_run() {
        let mut new = drill();
        new.status = None;
        new.metadata.name = Some("new".to_owned());
        let lines = list(&[drill(), new], Paint::PLAIN);
        assert_eq!(
            lines,
            "slow-pay  Failed        too few were taken\nnew       not run       \n"
        );
        assert_eq!(list(&[], Paint::PLAIN), "no drills\n");
    }

    #[test]
    fn only_a_drill_that_has_passed_ends_with_0() {
        let verdicts = [
            Verdict::Passed,
            Verdict::Failed,
            Verdict::Inconclusive,
            Verdict::Aborted,
        ];
        assert_eq!(verdicts.map(exit_code), [0, 1, 3, 4], "2 is an error");
    }
}

//! Tests of which drills are shown, in which order, and with which words.

use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn drill(name: &str, status: Value) -> ResilienceDrill {
    let mut drill: ResilienceDrill = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill",
        "metadata": { "name": name, "namespace": "food" },
        "spec": { "platform": "shop", "run": "2", "fault": { "seconds": 20, "scaledToZero": { "service": "store" } },
            "expect": { "everyOrderEnds": true } },
    }))
    .unwrap();
    drill.status = serde_json::from_value(status).unwrap();
    drill
}

fn finished(name: &str, verdict: &str, at: &str) -> ResilienceDrill {
    let status = json!({ "run": "2", "phase": "Finished", "verdict": verdict, "reason": "Why", "message": "because",
        "finishedAt": format!("2026-01-01T{at}Z") });
    drill(name, status)
}

#[test]
fn the_drill_at_work_says_its_phase_since_when_and_what_customers_may_notice() {
    let status = json!({ "run": "2", "phase": "Fault", "message": "the fault is there",
        "startedAt": "2026-01-01T11:59:00Z", "faultBeganAt": "2026-01-01T11:59:48Z" });
    let view = DrillsView::of(&[drill("outage", status)], now());
    let at_work = &view.at_work[0];
    assert_eq!((at_work.phase, at_work.tone), ("Fault", Tone::Busy));
    assert_eq!(at_work.message, "the fault is there");
    assert_eq!(at_work.since.as_ref().unwrap().age, "12s");
    assert_eq!(at_work.fault, "store has no pods");
    assert_eq!(at_work.customers, "orders are taken, and cooked later");
}

#[test]
fn the_last_drills_come_with_the_latest_first_in_the_tone_of_their_verdict() {
    let drills = [
        finished("a", "Passed", "10:00:00"),
        finished("b", "Failed", "11:00:00"),
        finished("c", "Inconclusive", "09:00:00"),
        finished("d", "Aborted", "11:58:00"),
    ];
    let view = DrillsView::of(&drills, now());
    assert!(view.at_work.is_empty());
    let shown: Vec<(&str, Tone)> = view
        .finished
        .iter()
        .map(|drill| (drill.verdict, drill.tone))
        .collect();
    let expected = [
        ("Aborted", Tone::Paused),
        ("Failed", Tone::Bad),
        ("Passed", Tone::Good),
        ("Inconclusive", Tone::Unknown),
    ];
    assert_eq!(shown, expected);
    let last = &view.finished[0];
    assert_eq!((last.reason.as_str(), last.message.as_str()), ("Why", "because"));
    assert_eq!(last.finished.as_ref().unwrap().age, "2m");
}

#[test]
fn the_figures_are_those_of_the_fault_and_are_never_rounded_up() {
    let mut drill = finished("a", "Failed", "10:00:00");
    let measured = json!([
        { "phase": "Steady", "tookMs": 5000, "asked": 7, "accepted": 7, "p50Ms": 1, "p99Ms": 2 },
        { "phase": "Fault", "tookMs": 10_000, "asked": 100_000, "accepted": 99_999, "p50Ms": 9, "p99Ms": 100 },
    ]);
    let set = |drill: &mut ResilienceDrill, measured: Value| {
        drill.status.as_mut().unwrap().measured = serde_json::from_value(measured).unwrap();
    };
    set(&mut drill, measured);
    let figures = |drill: &ResilienceDrill| {
        let view = DrillsView::of([drill], now());
        view.finished[0].figures.as_ref().map(Figures::sentence)
    };
    assert_eq!(
        figures(&drill).unwrap(),
        "99999 of 100000 orders accepted (99.99 %), 9999.9/s, p99 100 ms"
    );
    set(
        &mut drill,
        json!([{ "phase": "Fault", "tookMs": 10_000, "asked": 9, "accepted": 0, "p50Ms": 0, "p99Ms": 0 }]),
    );
    assert_eq!(figures(&drill).unwrap(), "0 of 9 orders accepted (0.00 %), 0.0/s");
    set(&mut drill, json!([]));
    assert_eq!(figures(&drill), None);
}

#[test]
fn a_drill_that_was_asked_to_run_again_is_at_work_although_the_run_before_has_its_verdict() {
    let mut again = finished("a", "Passed", "10:00:00");
    again.spec.run = Some("3".to_owned());
    for drill in [again, drill("a", Value::Null)] {
        let view = DrillsView::of([&drill], now());
        assert!(view.finished.is_empty());
        let at_work = &view.at_work[0];
        assert_eq!((at_work.phase, at_work.since.clone()), ("Pending", None));
        assert_eq!(at_work.message, "it waits for the operator");
    }
}

#[test]
fn old_drills_are_not_shown_and_without_drills_there_is_nothing() {
    let many: Vec<_> = (10..30)
        .map(|minute| finished(&format!("drill-{minute}"), "Passed", &format!("10:{minute}:00")))
        .collect();
    let view = DrillsView::of(&many, now());
    assert_eq!(view.finished.len(), SHOWN);
    assert_eq!(view.finished[0].name, "drill-29");
    assert!(!view.is_empty() && DrillsView::of(&[], now()).is_empty());
}

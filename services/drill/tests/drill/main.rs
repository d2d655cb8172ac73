//! Tests the program against a scripted platform on loopback.

#![expect(clippy::unwrap_used, reason = "a failed helper fails its test")]

mod guard;
mod platform;
mod program;

use fdp_drill::{Arrivals, AskedAlerts, FaultSeen, Mix, Phase, Report};
use platform::{Fate, Platform, Script};
use program::{Program, assignment, slow_pay};
use serde_json::json;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Longer than any test waits: such a drill ends only because something ends it.
const ENDLESS: u32 = 600;

async fn report_of(assignment: &fdp_drill::Assignment) -> Report {
    let done = Program::start(assignment).done().await;
    assert_eq!(done.code, Some(0), "{:?}", done.report);
    done.report
}

#[tokio::test]
async fn a_whole_drill_with_users_is_measured_and_its_orders_are_followed() {
    let platform = Platform::start(Script {
        fate: |number| match number {
            3 => Fate::Forgotten,
            5 => Fate::Unpaid,
            _ => Fate::Delivered,
        },
        ..Script::default()
    })
    .await;
    let stages = [(Phase::Steady, 1), (Phase::Fault, 1), (Phase::Recovery, 1)];
    let mut assignment = assignment(platform.address, Arrivals::Users(4), &stages);
    assignment.pay = Some(slow_pay(platform.address));
    assignment.settle_seconds = 4;
    let report = report_of(&assignment).await;

    let phases: Vec<Phase> = report.measured.iter().map(|stage| stage.phase).collect();
    assert_eq!(phases, stages.map(|(phase, _)| phase));
    for stage in &report.measured {
        assert_eq!(stage.took_ms, 1000);
        assert!(stage.asked > 4, "{stage:?}");
        assert_eq!(stage.availability(), Some(100.0), "{stage:?}");
        assert!(stage.p50_ms >= 20, "{stage:?}");
    }
    let fault = FaultSeen {
        replicas: 1,
        payments: 7,
    };
    assert_eq!(report.pay, Some(fault));
    assert_eq!(report.problem, None);
    assert!(report.recovery_ms.unwrap() < 500, "{report:?}");

    let seen = platform.seen();
    let all = u64::try_from(seen.asked.len()).unwrap();
    let asked: u64 = report.measured.iter().map(|stage| stage.asked).sum();
    assert_eq!(asked, all);
    let orders = &report.orders;
    assert_eq!((orders.accepted, orders.ended), (all, all - 2), "{orders:?}");
    assert_eq!((orders.open, orders.lost), (0, 2), "{orders:?}");
    let lost: BTreeSet<_> = [3, 5]
        .map(|number: usize| seen.asked[number].id.clone().unwrap())
        .into();
    assert_eq!(orders.examples.iter().cloned().collect::<BTreeSet<_>>(), lost);

    let keys: BTreeSet<&str> = seen.asked.iter().map(|asked| asked.key.as_str()).collect();
    assert_eq!(keys.len(), seen.asked.len(), "each order has a key of its own");
    let customers: BTreeSet<&str> = seen.asked.iter().map(|asked| asked.customer.as_str()).collect();
    let expected = ["0", "1", "2", "3"].map(|number| format!("drill-slow-pay-1-{number}"));
    assert!(customers.into_iter().eq(expected.iter().map(String::as_str)));
    assert_eq!(seen.clients.len(), 4, "each user keeps its connection");

    let methods: Vec<&str> = seen.drills.iter().map(|(method, _)| *method).collect();
    assert_eq!(methods, ["PUT", "GET", "DELETE"]);
    let expected = json!({"delayMs": {"min": 400, "max": 620}, "delayAt": "before", "failureRate": 0.05,
        "mode": "error", "forSeconds": 6});
    assert_eq!(seen.drills[0].1, expected);
}

#[tokio::test]
async fn an_open_loop_asks_on_time_and_names_the_slowest_and_the_first_refused_order() {
    let platform = Platform::start(Script {
        takes: |number| Duration::from_millis(if number == 40 { 900 } else { 300 }),
        refuses: |number| (number == 60).then_some((503, "payment-busy", Some(4))),
        ..Script::default()
    })
    .await;
    let assignment = assignment(platform.address, Arrivals::PerSecond(100), &[(Phase::Steady, 2)]);
    let report = report_of(&assignment).await;

    let stage = &report.measured[0];
    assert_eq!(
        (stage.asked, stage.accepted),
        (200, 199),
        "answered or not: {stage:?}"
    );
    assert_eq!(stage.refused, [("503".to_owned(), 1)].into());
    assert!(stage.p50_ms >= 300, "{stage:?}");
    let seen = platform.seen();
    let slowest = stage.slowest.as_ref().unwrap();
    assert_eq!(Some(&slowest.id), seen.asked[40].id.as_ref());
    assert!(slowest.took_ms >= 900, "{slowest:?}");
    let refused = stage.first_refused.as_ref().unwrap();
    assert_eq!(refused.id, seen.asked[60].trace);
    assert_eq!(refused.problem.as_deref(), Some("503 payment-busy"));
    assert!((500..900).contains(&refused.after_ms), "{refused:?}");
    assert_eq!(report.recovery_ms, None, "there was no fault");
    assert_eq!(report.pay, None);
}

#[tokio::test]
async fn a_user_waits_as_long_as_it_is_told() {
    let platform = Platform::start(Script {
        refuses: |number| (number == 2).then_some((429, "too-many-requests", Some(1))),
        ..Script::default()
    })
    .await;
    let assignment = assignment(platform.address, Arrivals::Users(1), &[(Phase::Steady, 2)]);
    let report = report_of(&assignment).await;

    assert_eq!(report.measured[0].refused, [("429".to_owned(), 1)].into());
    let seen = platform.seen();
    let pause = |number: usize| seen.asked[number + 1].when - seen.asked[number].when;
    assert!(pause(2) >= Duration::from_secs(1), "{:?}", pause(2));
    assert!(pause(3) < Duration::from_secs(1), "{:?}", pause(3));
}

#[tokio::test]
async fn a_user_who_ignores_what_it_is_told_comes_straight_back() {
    let platform = Platform::start(Script {
        refuses: |_| Some((503, "payment-busy", Some(5))),
        ..Script::default()
    })
    .await;
    let mut assignment = assignment(platform.address, Arrivals::Users(1), &[(Phase::Steady, 1)]);
    assignment.ignore_retry_after = true;
    let report = report_of(&assignment).await;

    // It is answered every 20 ms; one that listens would have asked once.
    let refused = report.measured[0].refused["503"];
    assert!(refused > 5, "{report:?}");
}

#[tokio::test]
async fn users_who_come_anew_open_a_connection_for_each_order() {
    let platform = Platform::start(Script::default()).await;
    let mut assignment = assignment(platform.address, Arrivals::Users(2), &[(Phase::Steady, 1)]);
    assignment.new_connection_percent = 100;
    let report = report_of(&assignment).await;

    assert_eq!(
        report.measured[0].accepted, report.measured[0].asked,
        "{report:?}"
    );
    let seen = platform.seen();
    assert!(seen.asked.len() > 10, "{}", seen.asked.len());
    assert!(
        seen.clients.len() >= seen.asked.len(),
        "{} connections for {} orders",
        seen.clients.len(),
        seen.asked.len()
    );
}

#[tokio::test]
async fn orders_are_looked_at_and_cancelled_and_one_that_is_too_late_is_no_failure() {
    let platform = Platform::start(Script::default()).await;
    let mut assignment = assignment(platform.address, Arrivals::Users(2), &[(Phase::Steady, 1)]);
    assignment.mix = Mix {
        order: 0,
        browse: 1,
        cancel: 1,
    };
    let report = report_of(&assignment).await;

    let stage = &report.measured[0];
    assert_eq!(stage.others_failed, 0, "{stage:?}");
    assert_eq!(report.orders.ended, report.orders.accepted, "{:?}", report.orders);
    let seen = platform.seen();
    assert!(seen.cancelled >= 3 && seen.looks > 0);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_leaves_orders_unanswered() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let mut assignment = assignment(closed, Arrivals::Users(1), &[(Phase::Fault, 1)]);
    assignment.pay = Some(slow_pay(closed));
    let report = report_of(&assignment).await;

    let stage = &report.measured[0];
    assert_eq!((stage.accepted, stage.asked), (0, stage.unanswered));
    assert!((1..=20).contains(&stage.unanswered), "one in 50 ms: {stage:?}");
    let refused = stage.first_refused.as_ref().unwrap();
    assert!(
        refused.problem.as_ref().unwrap().contains("no connection"),
        "{refused:?}"
    );
    let problem = report.problem.unwrap();
    assert!(
        problem.contains(&format!("pay could not be told at {closed}")),
        "{problem}"
    );
    assert!(problem.contains("refused"), "{problem}");
    assert_eq!(report.pay.unwrap().replicas, 0);
}

#[tokio::test]
async fn a_platform_that_wants_people_to_sign_in_is_left_alone() {
    let platform = Platform::start(Script {
        refuses: |_| Some((401, "sign-in-required", None)),
        ..Script::default()
    })
    .await;
    let mut assignment = assignment(platform.address, Arrivals::Users(1), &[(Phase::Fault, ENDLESS)]);
    assignment.pay = Some(slow_pay(platform.address));
    let report = report_of(&assignment).await;
    let problem = report.problem.unwrap();
    assert!(problem.contains("wants people to sign in"), "{problem}");
    assert_eq!(report.measured[0].asked, 1);
}

#[tokio::test]
async fn alerts_are_looked_for_from_the_fault_to_the_end_of_the_load() {
    let platform = Platform::start(Script::default()).await;
    let stages = [(Phase::Fault, 1), (Phase::Recovery, 1)];
    let mut assignment = assignment(platform.address, Arrivals::Users(1), &stages);
    assignment.alerts = Some(AskedAlerts {
        prometheus: format!("http://{}", platform.address),
        names: vec!["ServiceDown".to_owned(), "OrdersFail".to_owned()],
    });
    let alerts = report_of(&assignment).await.alerts.unwrap();
    assert_eq!(alerts.problem, None);
    assert_eq!(
        alerts.fired,
        [("ServiceDown".to_owned(), 2)].into(),
        "the last look is at the end"
    );
    assert_eq!(alerts.before, ["OrdersFail".to_owned()].into());
    assert_eq!(platform.seen().alerts, 2);
}

#[tokio::test]
async fn a_prometheus_that_is_not_there_is_told_and_the_load_goes_on() {
    let platform = Platform::start(Script::default()).await;
    let mut assignment = assignment(platform.address, Arrivals::Users(1), &[(Phase::Fault, 1)]);
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let nowhere = nobody.local_addr().unwrap();
    drop(nobody);
    assignment.alerts = Some(AskedAlerts {
        prometheus: format!("http://{nowhere}"),
        names: vec!["ServiceDown".to_owned()],
    });
    let report = report_of(&assignment).await;
    assert_eq!(report.problem, None);
    assert!(report.measured[0].accepted > 0);
    let problem = report.alerts.unwrap().problem.unwrap();
    assert!(
        problem.starts_with(&format!(
            "Prometheus could not be asked for alerts at http://{nowhere}: no connection"
        )),
        "{problem}"
    );
}

#[tokio::test]
async fn a_drill_that_is_stopped_ends_the_fault_and_reports() {
    let platform = Platform::start(Script::default()).await;
    let mut assignment = assignment(platform.address, Arrivals::Users(2), &[(Phase::Fault, ENDLESS)]);
    assignment.pay = Some(slow_pay(platform.address));
    let program = Program::start(&assignment);
    platform
        .until(|seen| seen.asked.len() > 20 && !seen.drills.is_empty())
        .await;
    program.terminate();
    let done = program.done().await;

    assert_eq!(done.code, Some(0));
    assert_eq!(done.report.problem.as_deref(), Some("it was stopped"));
    let stage = &done.report.measured[0];
    assert!(stage.accepted >= 18, "{stage:?}");
    assert!(stage.took_ms < u64::from(ENDLESS) * 1000);
    assert_eq!(done.report.orders.open, stage.accepted);
    assert_eq!(platform.seen().drills.last().unwrap().0, "DELETE");
}

#[tokio::test]
async fn an_assignment_that_cannot_be_read_is_told_and_fails() {
    let done = Program::start_with("{}").done().await;
    assert_eq!(done.code, Some(1));
    let problem = done.report.problem.unwrap();
    assert!(problem.contains("missing field `gateway`"), "{problem}");
}

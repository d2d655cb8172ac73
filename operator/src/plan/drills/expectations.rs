//! What was expected of a platform, beside what was measured.

use fdp_crds::drill::{Expect, Expectation, ExpectedReplicas, ReplicasSeen};
use fdp_drill::{Measured, Phase, Report};

use crate::plan::drills::alerts;

/// Each expectation with what was measured.
pub(super) fn expectations(
    expect: &Expect,
    report: &Report,
    seen: Option<&ReplicasSeen>,
) -> Vec<Expectation> {
    let during = report
        .measured
        .iter()
        .find(|measured| measured.phase == Phase::Fault);
    let judged = [
        expect
            .availability_percent
            .as_deref()
            .map(|least| availability(least, report)),
        expect.p99_ms.map(|most| p99(most, during)),
        expect.refused_p99_ms.map(|most| refused_p99(most, during)),
        expect.orders_per_second.map(|least| rate(least, during)),
        expect.recovery_ms.map(|most| recovery(most, report)),
        (expect.every_order_ends == Some(true)).then(|| every_order_ends(report)),
        expect.replicas.as_ref().map(|expected| replicas(expected, seen)),
        alerts::expectation(&expect.alerts, report),
        Some(none_lost(report)),
    ];
    judged.into_iter().flatten().collect()
}

fn availability(least: &str, report: &Report) -> Expectation {
    let asked: u64 = report.measured.iter().map(|measured| measured.asked).sum();
    let accepted: u64 = report.measured.iter().map(|measured| measured.accepted).sum();
    let refused = report
        .measured
        .iter()
        .find_map(|measured| measured.first_refused.as_ref());
    let share = percent(accepted, asked);
    Expectation {
        name: "availabilityPercent".to_owned(),
        expected: format!("at least {least} %"),
        measured: share.map_or_else(
            || "no order was asked for".to_owned(),
            |share| format!("{} % ({accepted} of {asked})", two_digits_down(share)),
        ),
        met: share
            .zip(least.parse::<f64>().ok())
            .map(|(share, least)| share >= least),
        order: refused.map(|refused| refused.id.clone()),
    }
}

fn p99(most: i32, during: Option<&Measured>) -> Expectation {
    let during = during.filter(|measured| measured.accepted > 0);
    let slowest = during.and_then(|measured| measured.slowest.as_ref());
    Expectation {
        name: "p99Ms".to_owned(),
        expected: format!("at most {most} ms"),
        measured: during.map_or_else(
            || "no order was accepted during the fault".to_owned(),
            |measured| format!("{} ms", measured.p99_ms),
        ),
        met: during.map(|measured| measured.p99_ms <= u64::from(most.unsigned_abs())),
        order: slowest.map(|slowest| slowest.id.clone()),
    }
}

fn refused_p99(most: i32, during: Option<&Measured>) -> Expectation {
    let measured = during.and_then(|measured| measured.refused_p99_ms);
    Expectation {
        name: "refusedP99Ms".to_owned(),
        expected: format!("at most {most} ms"),
        measured: measured.map_or_else(
            || "no order was refused after the first second of the fault".to_owned(),
            |measured| format!("{measured} ms"),
        ),
        met: measured.map(|measured| measured <= u64::from(most.unsigned_abs())),
        order: None,
    }
}

fn rate(least: i32, during: Option<&Measured>) -> Expectation {
    Expectation {
        name: "ordersPerSecond".to_owned(),
        expected: format!("at least {least}/s"),
        measured: during.map_or_else(
            || "nothing was measured during the fault".to_owned(),
            |measured| format!("{:.1}/s", measured.per_second()),
        ),
        met: during.map(|measured| measured.per_second() >= f64::from(least)),
        order: None,
    }
}

fn recovery(most: i32, report: &Report) -> Expectation {
    Expectation {
        name: "recoveryMs".to_owned(),
        expected: format!("at most {most} ms"),
        measured: report.recovery_ms.map_or_else(
            || "never ten accepted orders in a row".to_owned(),
            |recovered| format!("{recovered} ms"),
        ),
        // What did not come back while the load ran has missed any limit.
        met: Some(
            report
                .recovery_ms
                .is_some_and(|recovered| recovered <= u64::from(most.unsigned_abs())),
        ),
        order: None,
    }
}

fn every_order_ends(report: &Report) -> Expectation {
    let orders = &report.orders;
    Expectation {
        name: "everyOrderEnds".to_owned(),
        expected: "every accepted order ends".to_owned(),
        measured: format!(
            "{} of {} ended, {} are open",
            orders.ended, orders.accepted, orders.open
        ),
        met: (orders.accepted > 0).then_some(orders.open == 0),
        order: orders.examples.first().cloned(),
    }
}

fn replicas(expected: &ExpectedReplicas, seen: Option<&ReplicasSeen>) -> Expectation {
    let unseen = ReplicasSeen::default();
    let seen = seen.unwrap_or(&unseen);
    let within = |after: Option<i64>, limit: i32| after.is_some_and(|after| after <= i64::from(limit));
    let said =
        |after: Option<i64>| after.map_or_else(|| "never".to_owned(), |after| format!("after {after} s"));
    Expectation {
        name: "replicas".to_owned(),
        expected: format!(
            "at least {} of {} within {} s, back to {} within {} s",
            expected.at_least,
            expected.service,
            expected.within_seconds,
            expected.back_to,
            expected.back_within_seconds
        ),
        measured: format!(
            "{} {}, {} at most, back {}",
            expected.at_least,
            said(seen.reached_after_seconds),
            seen.most,
            said(seen.back_after_seconds)
        ),
        met: Some(
            within(seen.reached_after_seconds, expected.within_seconds)
                && within(seen.back_after_seconds, expected.back_within_seconds),
        ),
        order: None,
    }
}

fn none_lost(report: &Report) -> Expectation {
    let orders = &report.orders;
    Expectation {
        name: "ordersKept".to_owned(),
        expected: "no accepted order is lost or unpaid".to_owned(),
        measured: format!("{} of {}", orders.lost, orders.accepted),
        met: Some(orders.lost == 0),
        order: (orders.lost > 0)
            .then(|| orders.examples.first().cloned())
            .flatten(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

/// Never rounded up: 99.999 % is not 100.00 %.
fn two_digits_down(share: f64) -> String {
    format!("{:.2}", (share * 100.0).floor() / 100.0)
}

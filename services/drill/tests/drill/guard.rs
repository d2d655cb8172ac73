//! Tests of the guard: when the load ends for the sake of others.

use super::platform::{Platform, Script};
use super::program::{assignment, slow_pay};
use super::{ENDLESS, report_of};
use fdp_drill::{Arrivals, Assignment, Guard, Guarded, Phase};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

fn guarded(gateway: SocketAddr, metrics: SocketAddr, phase: Phase, seconds: u32) -> Assignment {
    Assignment {
        guard: Some(Guard {
            address: metrics.to_string(),
            failed_percent: 5,
            within_seconds: 2,
        }),
        ..assignment(gateway, Arrivals::Users(4), &[(phase, seconds)])
    }
}

async fn closed() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn a_drill_ends_with_its_fault_when_others_suffer() {
    let platform = Platform::start(Script {
        others: |passed| {
            let passed = u64::try_from(passed.as_millis()).unwrap();
            // A hundred a second; after two seconds half of them fail.
            (passed / 10, passed.saturating_sub(2000) / 20)
        },
        ..Script::default()
    })
    .await;
    let mut assignment = guarded(platform.address, platform.address, Phase::Fault, ENDLESS);
    assignment.pay = Some(slow_pay(platform.address));
    let report = report_of(&assignment).await;

    let Some(Guarded::OthersSuffered { requests, failed }) = report.guarded else {
        panic!("{report:?}");
    };
    assert!((50..=300).contains(&requests), "{requests}");
    assert!(failed * 100 > requests * 5 && failed <= requests, "{failed}");
    assert_eq!(report.problem, None);
    let took = report.measured[0].took_ms;
    assert!((2000..60_000).contains(&took), "{took}");
    assert_eq!(platform.seen().drills.last().unwrap().0, "DELETE");
}

#[tokio::test]
async fn what_the_drill_itself_gets_does_not_end_it() {
    let platform = Platform::start(Script {
        refuses: |_| Some((503, "payment-busy", None)),
        others: |passed| (u64::try_from(passed.as_millis()).unwrap() / 10, 0),
        ..Script::default()
    })
    .await;
    let report = report_of(&guarded(platform.address, platform.address, Phase::Steady, 3)).await;
    assert_eq!(report.guarded, None, "{report:?}");
    assert!(report.measured[0].refused["503"] > 20, "{report:?}");
}

#[tokio::test]
async fn a_drill_does_not_go_on_when_nobody_can_tell_how_others_fare() {
    let platform = Platform::start(Script::default()).await;
    let metrics = closed().await;
    for seconds in [ENDLESS, 1] {
        let report = report_of(&guarded(platform.address, metrics, Phase::Steady, seconds)).await;
        let Some(Guarded::CannotSee { why }) = report.guarded else {
            panic!("{report:?}");
        };
        assert!(why.starts_with(&format!("{metrics}: no connection")), "{why}");
        assert!(report.measured[0].took_ms < 60_000);
    }
}

//! Tests that network policies allow what the architecture needs, and nothing that it does not need.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod dns;
mod judge;
mod needs;
mod platforms;
mod without;

use judge::allow;
use needs::needs;
use platforms::{CASES, Cluster, cluster};

/// The egress rule of a part for all pods of its platform, whose own policies restrict their ingress. Whether it is
/// needed depends on where Kafka and PostgreSQL are.
const INSIDE: &str = r#"{"to":[{"podSelector":{"matchLabels":{"fooddelivery.dev/platform":"shop"}}}]}"#;

#[test]
fn everything_that_is_needed_is_allowed() {
    for case in CASES {
        let Cluster { policies, places } = cluster(case);
        for connection in needs(case, &places) {
            assert!(
                allow(&policies, &connection),
                "{}: {}",
                case.name,
                connection.name
            );
        }
    }
}

#[test]
fn without_any_one_rule_peer_or_port_something_needed_breaks() {
    for case in CASES {
        let Cluster { policies, places } = cluster(case);
        let needed = needs(case, &places);
        for without in without::each(&policies) {
            let broken = needed.iter().any(|connection| !allow(&without.left, connection));
            assert!(
                broken || without.what.ends_with(INSIDE),
                "{}: nothing needs {}",
                case.name,
                without.what
            );
        }
    }
}

#[test]
fn a_foreign_pod_reaches_nothing_but_the_gateway() {
    for case in CASES {
        let Cluster { policies, places } = cluster(case);
        let ports: Vec<(u16, &str)> = needs(case, &places)
            .iter()
            .map(|connection| (connection.port, connection.protocol))
            .collect();
        let ours = places.iter().filter(|(_, place)| platforms::is_ours(place));
        for (part, place) in ours.filter(|(part, _)| platforms::listens(part)) {
            let reached: Vec<u16> = ports
                .iter()
                .filter(|(port, protocol)| {
                    let connection = judge::Connection {
                        name: String::new(),
                        from: places["foreigner"].clone(),
                        to: place.clone(),
                        port: *port,
                        protocol,
                    };
                    allow(&policies, &connection)
                })
                .map(|(port, _)| *port)
                .collect();
            let gateway = part == "gateway";
            assert!(
                reached.iter().all(|port| gateway && *port == 8080),
                "{}: a foreign pod reaches {part} at {reached:?}",
                case.name
            );
            assert_eq!(gateway, !reached.is_empty(), "{}: {part}", case.name);
        }
    }
}

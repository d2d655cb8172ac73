//! Tests of what customers feel while services or data stores are not there.

use super::*;

const ALL_ANSWER: StoresAnswer = StoresAnswer {
    databases: true,
    kafka: true,
};

fn service(service: Service, ready: i32, desired: i32) -> ServiceStatus {
    ServiceStatus {
        name: service.name().to_owned(),
        ready,
        desired,
        ..ServiceStatus::default()
    }
}

/// All services are up but one.
fn without(absent: Service, absence: Absence) -> Vec<ServiceStatus> {
    Service::ALL
        .into_iter()
        .filter_map(|one| match absence {
            _ if one != absent => Some(service(one, 1, 1)),
            Absence::Disabled => None,
            Absence::ScaledToZero => Some(service(one, 0, 0)),
            Absence::NotReady => Some(service(one, 0, 1)),
        })
        .collect()
}

fn words(services: &[ServiceStatus]) -> String {
    Ordering::of(services, ALL_ANSWER).words().unwrap()
}

/// What customers feel while a service is disabled, scaled to 0, or not ready; `…` stands for those words.
const FELT: [(Service, [&str; 3]); 9] = [
    (
        Service::Gateway,
        [
            "no orders are taken: …",
            "no orders are taken: …",
            "orders are refused: …",
        ],
    ),
    (
        Service::Order,
        [
            "no orders are taken: …",
            "no orders are taken: …",
            "orders are refused: …",
        ],
    ),
    (
        Service::Pay,
        [
            "orders are refused: …",
            "orders are refused: …",
            "orders are refused: …",
        ],
    ),
    (
        Service::Store,
        [
            "orders are taken and not delivered: they are paid and never cooked (…)",
            "orders are taken; degraded: orders wait to be cooked (…)",
            "orders are taken; degraded: orders wait to be cooked (…)",
        ],
    ),
    (
        Service::Delivery,
        [
            "orders are taken and not delivered: they are cooked and no rider comes (…)",
            "orders are taken; degraded: orders wait for a rider (…)",
            "orders are taken; degraded: orders wait for a rider (…)",
        ],
    ),
    (
        Service::Inventory,
        [
            "orders are taken and not delivered: those of products are cooked and wait for their stock for ever (…)",
            "orders are taken; degraded: orders of products wait for their stock (…)",
            "orders are taken; degraded: orders of products wait for their stock (…)",
        ],
    ),
    (
        Service::Customer,
        [
            "orders are taken; degraded: no messages are sent (…)",
            "orders are taken; degraded: messages are sent later (…)",
            "orders are taken; degraded: messages are sent later (…)",
        ],
    ),
    (
        Service::Marketing,
        ["orders are taken; degraded: there are no recommendations (…)"; 3],
    ),
    (
        Service::Frontend,
        ["orders are taken; degraded: the shop has no pages and shows no orders (…)"; 3],
    ),
];

#[test]
fn each_service_that_is_not_there_is_felt_in_its_own_way() {
    assert_eq!(FELT.map(|(service, _)| service), Service::ALL);
    for (service, felt) in FELT {
        for (absence, expected) in Absence::ALL.into_iter().zip(felt) {
            let expected = expected.replace('…', &absence.said_of(service));
            assert_eq!(words(&without(service, absence)), expected);
        }
    }
}

#[test]
fn the_worst_is_told_and_what_is_degraded_together() {
    let two = |absent: [Service; 2]| -> Vec<ServiceStatus> {
        let left = Service::ALL.into_iter().filter(|one| !absent.contains(one));
        left.map(|one| service(one, 1, 1)).collect()
    };
    assert_eq!(
        words(&two([Service::Store, Service::Marketing])),
        "orders are taken and not delivered: they are paid and never cooked (store is disabled)"
    );
    assert_eq!(
        words(&two([Service::Pay, Service::Store])),
        "orders are refused: pay is disabled"
    );
    assert_eq!(
        words(&two([Service::Customer, Service::Marketing])),
        "orders are taken; degraded: no messages are sent (customer is disabled), \
         there are no recommendations (marketing is disabled)"
    );
}

#[test]
fn a_store_that_is_away_stops_orders_or_lets_them_wait() {
    let all: Vec<ServiceStatus> = Service::ALL.map(|one| service(one, 1, 1)).into();
    let answer = |databases, kafka| Ordering::of(&all, StoresAnswer { databases, kafka }).words();
    assert_eq!(answer(true, true).as_deref(), Some("orders are taken"));
    assert_eq!(
        answer(false, true).as_deref(),
        Some("orders are refused: the databases do not answer")
    );
    assert_eq!(
        answer(true, false).as_deref(),
        Some("orders are taken; degraded: orders wait to be cooked (Kafka does not answer)")
    );
}

#[test]
fn before_anything_is_up_nobody_says_what_customers_feel() {
    let none: Vec<ServiceStatus> = Service::ALL.map(|one| service(one, 0, 1)).into();
    assert_eq!(Ordering::of(&none, ALL_ANSWER), Ordering::Unknown);
}

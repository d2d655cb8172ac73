//! Tests the guarantees of the order saga, sequentially on one running platform.

mod cancellation;
mod conservation;
mod documents;
mod fuzz;
mod giving_up;
mod journey;
mod live;
mod menu;
mod payment;
mod poison;
mod rebuild;
mod replay;
mod replicas;
mod shop;
mod stock;
mod store;
mod telemetry;

use fdp_test_services::runner::{self, Test};
use std::process::ExitCode;

const TESTS: &[Test] = &[
    (
        "an order with a product reaches the door and everyone agrees",
        journey::with_a_product,
    ),
    (
        "an order of a dish by its name reaches the door",
        journey::of_a_dish,
    ),
    (
        "an order cancelled at once is refunded and restocked",
        cancellation::at_once,
    ),
    (
        "stores and the inventory decide what is ordered, what it is called and what it costs",
        menu::decides,
    ),
    (
        "an owner who gives up an accepted order has it paid back",
        giving_up::pays_back,
    ),
    ("a delivered order cannot be cancelled", cancellation::too_late),
    (
        "a cancellation that races with the rider has one consistent result",
        cancellation::against_the_rider,
    ),
    (
        "an order for more than the stock is rejected and refunded",
        stock::too_much,
    ),
    (
        "thirty orders for the last ten sell exactly ten",
        stock::the_last_ten,
    ),
    (
        "without pay no order is created, and when it is back orders succeed again",
        payment::down_and_up,
    ),
    ("a payment that comes too late is returned", payment::hanging),
    (
        "orders succeed although pay sometimes exceeds its deadline",
        payment::slow,
    ),
    (
        "without the store orders are accepted, and when it is back all are delivered once",
        store::down_and_up,
    ),
    (
        "three replicas share the work and nothing happens twice",
        replicas::share_the_work,
    ),
    ("events that arrive again change nothing", replay::changes_nothing),
    (
        "a customer follows an order across a crash of the front end and misses nothing",
        live::across_a_restart,
    ),
    ("drills cannot be reached from outside", live::drills_stay_inside),
    (
        "a poison message becomes a dead letter and the partition continues",
        poison::moves_on,
    ),
    (
        "one order is one trace through all services",
        telemetry::one_order_is_one_trace,
    ),
    (
        "log lines about an order contain its id and its trace",
        telemetry::log_lines_name_order_and_trace,
    ),
    (
        "metrics match the manual",
        telemetry::metrics_are_those_of_the_manual,
    ),
    (
        "a dead letter that is replayed after a fix takes effect once",
        poison::mended_takes_effect_once,
    ),
    (
        "recommendations that are rebuilt from the events are the same",
        rebuild::gives_the_same,
    ),
    (
        "without marketing everything else continues",
        rebuild::marketing_is_missed_by_nobody,
    ),
    (
        "orders in a document database satisfy the same guarantees",
        documents::hold_the_orders,
    ),
    (
        "money, stock and events are conserved whatever fails",
        conservation::whatever_breaks,
    ),
    (
        "every service satisfies its document, whatever a fuzzer sends",
        fuzz::every_service_keeps_its_document,
    ),
];

fn main() -> ExitCode {
    runner::run(TESTS)
}

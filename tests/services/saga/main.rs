//! Tests the guarantees of the order saga, sequentially on one running platform.

mod cancellation;
mod conservation;
mod documents;
mod fuzz;
mod journey;
mod live;
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
    ("a delivered order cannot be cancelled", cancellation::too_late),
    (
        "a cancellation and a rider who leaves agree on who was first",
        cancellation::against_the_rider,
    ),
    (
        "an order for more than there is is rejected and refunded",
        stock::too_much,
    ),
    (
        "thirty orders for the last ten sell exactly ten",
        stock::the_last_ten,
    ),
    (
        "without pay no order is made, and with it orders succeed again",
        payment::down_and_up,
    ),
    ("a payment that came too late is given back", payment::hanging),
    ("a pay that is late now and then puts nobody off", payment::slow),
    (
        "without the store orders are taken, and with it all are delivered once",
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
        "a poison message goes to the dead letters and the partition moves on",
        poison::moves_on,
    ),
    (
        "one order is one trace through all services",
        telemetry::one_order_is_one_trace,
    ),
    (
        "log lines about an order name it and its trace",
        telemetry::log_lines_name_order_and_trace,
    ),
    (
        "metrics are those of the manual",
        telemetry::metrics_are_those_of_the_manual,
    ),
    (
        "a dead letter that is mended and replayed takes effect once",
        poison::mended_takes_effect_once,
    ),
    (
        "recommendations are made anew from the events and come out the same",
        rebuild::gives_the_same,
    ),
    (
        "without marketing everything else goes on",
        rebuild::marketing_is_missed_by_nobody,
    ),
    (
        "orders that lie in a document database keep the same promises",
        documents::hold_the_orders,
    ),
    (
        "money, stock and news are conserved whatever breaks",
        conservation::whatever_breaks,
    ),
    (
        "every service keeps what its document promises, whatever a fuzzer sends",
        fuzz::every_service_keeps_its_document,
    ),
];

fn main() -> ExitCode {
    runner::run(TESTS)
}

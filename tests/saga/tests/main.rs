//! The promises of the order saga, tried one after another on one running platform.

mod cancellation;
mod chaos;
mod journey;
mod payment;
mod poison;
mod replay;
mod replicas;
mod shop;
mod stock;
mod store;

use fdp_saga::runner::{self, Test};
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
    (
        "without the store orders are taken, and with it all are delivered once",
        store::down_and_up,
    ),
    (
        "two replicas share the work and nothing happens twice",
        replicas::share_the_work,
    ),
    ("events that arrive again change nothing", replay::changes_nothing),
    (
        "a poison message goes to the dead letters and the partition moves on",
        poison::moves_on,
    ),
    (
        "no order and no money is lost when everything crashes in turn",
        chaos::everything_crashes_in_turn,
    ),
];

fn main() -> ExitCode {
    runner::run(TESTS)
}

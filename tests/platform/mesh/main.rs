//! Istio carries the platform's requests: what the operator writes for it, tried with real requests on a real Kubernetes.
//!
//! One cluster serves all tests, one after the other; it goes when they are done.

mod access;
mod canary;
#[path = "../support/customers.rs"]
mod customers;
#[path = "../support/drill_runs.rs"]
mod drill_runs;
mod drills;
mod ejection;
mod faults;
mod guests;
mod lost_answers;
mod orders;
mod proxies;
mod rate_limit;
mod repetition;
mod rollout;
mod sidecars;
#[path = "../support/specification.rs"]
mod specification;
mod world;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::sync::Arc;
use world::World;

type Test = fn(&World) -> Result<(), Failed>;

/// In the order in which they run: the last ones change the platform.
const TESTS: &[(&str, Test)] = &[
    (
        "services_have_native_sidecars_and_nothing_else_has_one",
        sidecars::services_have_native_sidecars_and_nothing_else_has_one,
    ),
    ("every_job_ends", sidecars::every_job_ends),
    (
        "an_order_comes_in_by_istios_gateway_and_gets_to_the_door",
        orders::an_order_comes_in_by_istios_gateway_and_gets_to_the_door,
    ),
    (
        "a_pod_without_a_sidecar_is_refused_by_every_service",
        access::a_pod_without_a_sidecar_is_refused_by_every_service,
    ),
    (
        "a_pod_of_another_account_is_refused_by_pay",
        access::a_pod_of_another_account_is_refused_by_pay,
    ),
    (
        "nobody_but_the_load_of_drills_may_make_pay_fail",
        access::nobody_but_the_load_of_drills_may_make_pay_fail,
    ),
    (
        "a_read_that_fails_is_tried_again_and_nobody_notices",
        repetition::a_read_that_fails_is_tried_again_and_nobody_notices,
    ),
    (
        "an_answer_that_takes_too_long_is_given_up",
        repetition::an_answer_that_takes_too_long_is_given_up,
    ),
    (
        "an_order_without_a_key_is_never_sent_twice",
        lost_answers::an_order_without_a_key_is_never_sent_twice,
    ),
    (
        "an_order_with_a_key_is_sent_again_and_charged_once",
        lost_answers::an_order_with_a_key_is_sent_again_and_charged_once,
    ),
    (
        "a_payment_whose_answer_is_lost_is_asked_for_again_and_charged_once",
        lost_answers::a_payment_whose_answer_is_lost_is_asked_for_again_and_charged_once,
    ),
    (
        "a_pod_that_keeps_failing_is_left_out_and_comes_back",
        ejection::a_pod_that_keeps_failing_is_left_out_and_comes_back,
    ),
    (
        "a_canary_gets_its_share_of_the_requests",
        canary::a_canary_gets_its_share_of_the_requests,
    ),
    (
        "requests_above_the_limit_are_turned_away",
        rate_limit::requests_above_the_limit_are_turned_away,
    ),
    (
        "autoscalers_look_at_the_services_alone",
        sidecars::autoscalers_look_at_the_services_alone,
    ),
    (
        "pods_are_replaced_and_every_order_is_taken",
        rollout::pods_are_replaced_and_every_order_is_taken,
    ),
    (
        "a_drill_is_passed_by_a_load_with_a_sidecar",
        drills::a_drill_is_passed_by_a_load_with_a_sidecar,
    ),
    (
        "requests_that_sidecars_abort_are_tried_again",
        drills::requests_that_sidecars_abort_are_tried_again,
    ),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    if arguments.list {
        let none = TESTS
            .iter()
            .map(|(name, _)| Trial::test(*name, || Ok(())))
            .collect();
        return libtest_mimic::run(&arguments, none).exit_code();
    }
    let world = match World::start() {
        Ok(world) => Arc::new(world),
        Err(failure) => {
            eprintln!("\n{}", failure.message().unwrap_or("it failed"));
            // What was started must not stay.
            let _ = fdp_cluster::down(world::CLUSTER);
            return ExitCode::FAILURE;
        }
    };
    let trials = TESTS
        .iter()
        .map(|(name, test)| {
            let world = Arc::clone(&world);
            Trial::test(*name, move || test(&world))
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() {
        world.tell_what_is_there();
    }
    drop(world);
    if let Err(error) = fdp_cluster::down(world::CLUSTER) {
        eprintln!("taking the cluster down: {error}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

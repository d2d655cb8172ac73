//! Tier 3: the platform on a real Kubernetes, used and hurt the way it will be.
//!
//! One cluster serves all tests, one after the other; it goes when they are done.

mod argocd;
mod broken;
mod browser;
mod cloud_native_pg;
#[path = "../support/current_cluster.rs"]
mod current_cluster;
mod current_context;
#[path = "../support/customers.rs"]
mod customers;
#[path = "../support/drill_runs.rs"]
mod drill_runs;
mod drills;
mod evidence;
mod foreign_autoscaler;
mod full_node;
mod helm;
mod hung;
mod kubernetes;
mod network;
mod orders;
mod pods;
mod reachability;
mod self_healing;
#[path = "../support/specification.rs"]
mod specification;
mod tags;
mod three_people;
mod upgrades;

use fdp_cluster::{Lifetime, Terminal};
use fdp_local::options::Where;
use fdp_local::shop::Shop;
use fdp_local::up::{self, Platform};
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// What every test gets.
pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) shop: Shop,
}

type Run = fn(&World) -> Result<(), Failed>;

/// A test, and whether it takes minutes: such a one runs only if asked for (`--ignored`), as `make test-long` does.
struct Test {
    name: &'static str,
    run: Run,
    is_long: bool,
}

const fn short(name: &'static str, run: Run) -> Test {
    Test {
        name,
        run,
        is_long: false,
    }
}

const fn long(name: &'static str, run: Run) -> Test {
    Test {
        name,
        run,
        is_long: true,
    }
}

/// In the order in which they run: the last ones hurt.
const TESTS: &[Test] = &[
    short(
        "a_platform_is_ready_with_version_address_and_age",
        kubernetes::a_platform_is_ready_with_version_address_and_age,
    ),
    short(
        "a_nonsensical_resource_is_refused_in_words",
        kubernetes::a_nonsensical_resource_is_refused_in_words,
    ),
    short(
        "everything_runs_restricted",
        kubernetes::everything_runs_restricted,
    ),
    short(
        "an_order_is_paid_cooked_and_delivered",
        orders::an_order_is_paid_cooked_and_delivered,
    ),
    short(
        "the_other_body_of_an_order_works_too",
        orders::the_other_body_of_an_order_works_too,
    ),
    short(
        "an_order_cancelled_at_once_is_refunded_and_restocked",
        orders::an_order_cancelled_at_once_is_refunded_and_restocked,
    ),
    short(
        "a_foreign_pod_is_refused_by_everything_but_the_gateway",
        network::a_foreign_pod_is_refused_by_everything_but_the_gateway,
    ),
    short(
        "the_operators_page_answers_only_whom_its_policy_names",
        network::the_operators_page_answers_only_whom_its_policy_names,
    ),
    short(
        "the_shop_page_follows_an_order_by_itself",
        browser::the_shop_page_follows_an_order_by_itself,
    ),
    short(
        "the_shop_page_pays_again_by_itself",
        browser::the_shop_page_pays_again_by_itself,
    ),
    short(
        "three_people_carry_an_order_to_the_door",
        three_people::three_people_carry_an_order_to_the_door,
    ),
    short(
        "the_status_page_shows_the_platform",
        browser::the_status_page_shows_the_platform,
    ),
    short(
        "the_gateway_can_be_reached_through_a_port_forward",
        current_context::the_gateway_can_be_reached_through_a_port_forward,
    ),
    short(
        "a_new_version_rolls_out_and_a_bad_one_stops_while_every_order_succeeds",
        upgrades::a_new_version_rolls_out_and_a_bad_one_stops_while_every_order_succeeds,
    ),
    short(
        "an_autoscaler_of_somebody_else_sets_the_replicas",
        foreign_autoscaler::an_autoscaler_of_somebody_else_sets_the_replicas,
    ),
    short(
        "a_pod_finds_room_on_a_node_that_an_autoscaler_has_filled",
        full_node::a_pod_finds_room_on_a_node_that_an_autoscaler_has_filled,
    ),
    short(
        "a_service_that_is_cut_off_makes_the_platform_not_ready",
        reachability::a_service_that_is_cut_off_makes_the_platform_not_ready,
    ),
    long(
        "drills_have_the_verdict_that_they_should_have",
        drills::drills_have_the_verdict_that_they_should_have,
    ),
    long(
        "a_drill_that_is_deleted_half_way_leaves_everything_as_it_was",
        drills::a_drill_that_is_deleted_half_way_leaves_everything_as_it_was,
    ),
    long(
        "a_drill_outlives_its_operator",
        drills::a_drill_outlives_its_operator,
    ),
    short(
        "without_a_rule_that_is_needed_orders_fail_until_it_is_back",
        network::without_a_rule_that_is_needed_orders_fail_until_it_is_back,
    ),
    short(
        "any_pod_may_die_and_no_order_is_lost",
        self_healing::any_pod_may_die_and_no_order_is_lost,
    ),
    long(
        "whatever_hangs_is_restarted_and_orders_go_on",
        hung::whatever_hangs_is_restarted_and_orders_go_on,
    ),
    long(
        "a_gateway_full_of_connections_is_not_ready_until_it_has_room",
        hung::a_gateway_full_of_connections_is_not_ready_until_it_has_room,
    ),
    long(
        "a_consumer_that_hangs_gets_a_new_client",
        hung::a_consumer_that_hangs_gets_a_new_client,
    ),
    long(
        "a_database_moves_to_cloud_native_pg_fails_over_and_moves_back",
        cloud_native_pg::a_database_moves_to_cloud_native_pg_fails_over_and_moves_back,
    ),
    short(
        "a_deleted_platform_leaves_nothing",
        kubernetes::a_deleted_platform_leaves_nothing,
    ),
    short(
        "argo_cd_runs_a_platform_from_git",
        argocd::argo_cd_runs_a_platform_from_git,
    ),
    short(
        "the_current_context_serves_as_well",
        current_context::the_current_context_serves_as_well,
    ),
    short(
        "helm_installs_upgrades_rolls_back_and_uninstalls",
        helm::helm_installs_upgrades_rolls_back_and_uninstalls,
    ),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    if arguments.list {
        let none = TESTS
            .iter()
            .map(|test| Trial::test(test.name, || Ok(())).with_ignored_flag(test.is_long))
            .collect();
        return libtest_mimic::run(&arguments, none).exit_code();
    }
    let place = Where::Own {
        api_port: 0,
        nodes: 1,
        istio: false,
    };
    let world = match up::bring_up(&place, "test", Lifetime::WithParent, &Terminal::new()) {
        Ok(platform) => Arc::new(World {
            shop: Shop::at(&platform.address),
            platform,
        }),
        Err(failure) => {
            eprintln!("\n{failure}");
            // What was started must not stay.
            let _ = fdp_cluster::down("test");
            return ExitCode::FAILURE;
        }
    };
    if let Err(failure) = bound_order(&world) {
        eprintln!("bounding the replicas of order: {failure}");
        let _ = fdp_cluster::down("test");
        return ExitCode::FAILURE;
    }
    let trials = TESTS
        .iter()
        .map(|test| {
            let world = Arc::clone(&world);
            let trial = Trial::test(test.name, move || {
                let begun = Instant::now();
                let result = (test.run)(&world);
                eprintln!("{} took {} s", test.name, begun.elapsed().as_secs());
                result
            });
            trial.with_ignored_flag(test.is_long)
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() {
        kubernetes::tell_what_is_there(&world);
    }
    drop(world);
    if let Err(error) = fdp_cluster::down("test") {
        eprintln!("taking the cluster down: {error}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Four replicas of order fill two cores, and new pods of others would then wait until the autoscaler takes some away.
fn bound_order(world: &World) -> fdp_local::failure::Result<()> {
    let bounds = serde_json::json!({ "services": { "order": { "autoscaling": { "max": 2 } } } });
    specification::change(&world.platform.kubectl, &bounds)
}

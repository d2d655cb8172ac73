//! Reads that fail are tried again, and what takes too long is given up.

use crate::faults::{Fault, pods_of};
use crate::specification::change;
use crate::world::World;
use fdp_catalogue::Service;
use fdp_local::shop::Shop;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::{Duration, Instant};

const IN_FORCE: Duration = Duration::from_mins(1);
const READS: usize = 60;
const UNAVAILABLE: u16 = 503;
const GATEWAY_TIMEOUT: u16 = 504;
/// Longer than the time limit of the platform's mesh, which is 2 s.
const LATE: u32 = 5;

pub(crate) fn a_read_that_fails_is_tried_again_and_nobody_notices(world: &World) -> Result<(), Failed> {
    let order = Service::Order;
    retries(world, 0)?;
    let fault = Fault::first_try(
        &world.kubectl,
        "first-try",
        &pods_of(order.name()),
        order.port(),
        UNAVAILABLE,
    )?;
    let seen = |status: u16| {
        move || match world.shop.get("/orders?limit=1") {
            Ok(answer) if answer.status == status => Ok(()),
            other => Err(format!("{other:?}")),
        }
    };
    wait::until("reads to fail without retries", IN_FORCE, seen(UNAVAILABLE))?;
    let without = failed(&world.shop)?;
    retries(world, 2)?;
    wait::until("reads to work with retries", IN_FORCE, seen(200))?;
    let with = failed(&world.shop)?;
    println!("of {READS} reads, {without} failed without retries and {with} with them");
    fault.end()?;
    if without != READS || with != 0 {
        return Err("every read should fail without retries, and none with them".into());
    }
    Ok(())
}

fn retries(world: &World, attempts: u32) -> Result<(), Failed> {
    change(
        &world.kubectl,
        &json!({ "mesh": { "retries": { "attempts": attempts } } }),
    )?;
    world.settle()
}

fn failed(shop: &Shop) -> Result<usize, Failed> {
    let mut failed = 0;
    for _ in 0..READS {
        failed += usize::from(shop.get("/orders?limit=1")?.status != 200);
    }
    Ok(failed)
}

pub(crate) fn an_answer_that_takes_too_long_is_given_up(world: &World) -> Result<(), Failed> {
    let store = Service::Store;
    let fault = Fault::delay(&world.kubectl, "late", &pods_of(store.name()), store.port(), LATE)?;
    let took = wait::until("answers to take too long", IN_FORCE, || {
        let begun = Instant::now();
        match world.shop.get("/stores/1/tickets") {
            Ok(answer) if answer.status == GATEWAY_TIMEOUT => Ok(begun.elapsed()),
            other => Err(format!("{other:?}")),
        }
    })?;
    fault.end()?;
    println!("given up after {:.2} s", took.as_secs_f64());
    if took < Duration::from_millis(1_900) || took > Duration::from_millis(3_500) {
        return Err(format!("the limit is 2 s, and it took {took:?}").into());
    }
    Ok(())
}

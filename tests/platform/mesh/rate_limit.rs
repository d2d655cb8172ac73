//! Each pod of the gateway lets in as many requests a second as the platform says.

use crate::specification::change;
use crate::world::World;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::{Duration, Instant};

const IN_FORCE: Duration = Duration::from_mins(1);
const REQUESTS: usize = 60;
const PER_SECOND: usize = 5;
const BURST: usize = 10;
const TOO_MANY: u16 = 429;

pub(crate) fn requests_above_the_limit_are_turned_away(world: &World) -> Result<(), Failed> {
    let limit = json!({ "requestsPerSecond": PER_SECOND, "burst": BURST });
    change(&world.kubectl, &json!({ "mesh": { "rateLimit": limit } }))?;
    let result = limited(world);
    change(&world.kubectl, &json!({ "mesh": { "rateLimit": null } }))?;
    result?;
    wait::until("the limit to be gone", IN_FORCE, || {
        let (accepted, refused) = asked(world)?;
        if refused == 0 {
            Ok(())
        } else {
            Err(format!("{accepted} accepted, {refused} refused"))
        }
    })?;
    world.settle()
}

fn limited(world: &World) -> Result<(), Failed> {
    wait::until("requests to be turned away", IN_FORCE, || match asked(world)? {
        (_, 0) => Err("none is".to_owned()),
        _ => Ok(()),
    })?;
    // The bucket is full again.
    wait::until("a request to be let in", IN_FORCE, || match asked_once(world)? {
        TOO_MANY => Err("not yet".to_owned()),
        _ => Ok(()),
    })?;
    let begun = Instant::now();
    let (accepted, refused) = asked(world)?;
    let seconds = usize::try_from(begun.elapsed().as_secs() + 1).unwrap_or(usize::MAX);
    println!("of {REQUESTS} requests within {seconds} s, {accepted} were let in and {refused} turned away");
    // Tokens come once a second.
    if refused == 0 || accepted > BURST + PER_SECOND * seconds {
        return Err(format!("{PER_SECOND} a second and {BURST} at once are allowed").into());
    }
    Ok(())
}

/// How many requests of many were let in, and how many turned away.
fn asked(world: &World) -> Result<(usize, usize), String> {
    let mut refused = 0;
    for _ in 0..REQUESTS {
        refused += usize::from(asked_once(world)? == TOO_MANY);
    }
    Ok((REQUESTS - refused, refused))
}

/// The status of one, which says when to come back if it is turned away.
fn asked_once(world: &World) -> Result<u16, String> {
    let answer = world
        .shop
        .get("/inventories")
        .map_err(|failure| failure.to_string())?;
    if answer.status == TOO_MANY && answer.retry_after != Some(1) {
        return Err(format!("it does not say when to come back: {answer:?}"));
    }
    Ok(answer.status)
}

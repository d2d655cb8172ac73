//! A second version of a service gets the share of the requests that the platform says.

use crate::proxies;
use crate::specification::change;
use crate::world::World;
use fdp_catalogue::Service;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::time::Duration;

const IN_FORCE: Duration = Duration::from_mins(1);
const WRITTEN: Duration = Duration::from_secs(30);
const REQUESTS: usize = 300;
const PERCENT: u32 = 20;
/// 60, give or take six standard deviations of 6.9.
const EXPECTED: RangeInclusive<usize> = 19..=101;

pub(crate) fn a_canary_gets_its_share_of_the_requests(world: &World) -> Result<(), Failed> {
    let canary = json!({ "tag": world.tag, "weight": PERCENT });
    change(
        &world.kubectl,
        &json!({ "services": { "marketing": { "canary": canary } } }),
    )?;
    let result = shares(world);
    change(
        &world.kubectl,
        &json!({ "services": { "marketing": { "canary": null } } }),
    )?;
    result
}

fn shares(world: &World) -> Result<(), Failed> {
    let service = Service::Marketing;
    wait::until("the canary to have its share", IN_FORCE, || {
        let routes = world.get("virtualservices")?;
        let is_split = |route: &Value| route.to_string().contains(&format!("\"weight\":{PERCENT}"));
        if routes.iter().any(is_split) {
            Ok(())
        } else {
            Err(format!("{routes:?}"))
        }
    })?;
    world.settle()?;
    let one = |part: &str| -> Result<Value, Failed> {
        let pods = world.pods(part)?;
        pods.into_iter()
            .next()
            .ok_or_else(|| format!("{part} has no pod").into())
    };
    let stable = one(service.name())?;
    let canary = one(&format!("{service}-canary"))?;
    // A sidecar may learn of the routes a moment later.
    wait::until("the canary to be asked", IN_FORCE, || {
        ask(world, "warm")?;
        match proxies::so_far(world, &canary, "warm")? {
            0 => Err("it is not".to_owned()),
            _ => Ok(()),
        }
    })?;
    for _ in 0..REQUESTS {
        ask(world, "shared")?;
    }
    let (to_stable, to_canary) = wait::until("both logs to be whole", WRITTEN, || {
        let found = (
            proxies::so_far(world, &stable, "shared")?,
            proxies::so_far(world, &canary, "shared")?,
        );
        if found.0 + found.1 == REQUESTS {
            Ok(found)
        } else {
            Err(format!("{found:?}"))
        }
    })?;
    println!("of {REQUESTS} requests, {to_stable} to the stable version, {to_canary} to the canary");
    if EXPECTED.contains(&to_canary) {
        return Ok(());
    }
    Err(format!("{PERCENT} % of {REQUESTS} are not {to_canary}").into())
}

fn ask(world: &World, mark: &str) -> Result<(), String> {
    let path = format!("/recommendations/mesh?mark={mark}");
    world
        .shop
        .get(&path)
        .map(drop)
        .map_err(|failure| failure.to_string())
}

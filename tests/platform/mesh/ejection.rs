//! A pod that keeps failing gets no requests for a while, and then again.

use crate::faults::Fault;
use crate::specification::change;
use crate::world::World;
use fdp_catalogue::Service;
use fdp_local::install::NAMESPACE;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const IN_FORCE: Duration = Duration::from_mins(1);
/// It is no gateway's error, so nothing is tried again.
const BROKEN: u16 = 500;
/// As many good answers in a row do not come by chance from two pods of which one is broken: 1 in 16 million.
const IN_A_ROW: usize = 24;
const LABEL: &str = "mesh-test";

pub(crate) fn a_pod_that_keeps_failing_is_left_out_and_comes_back(world: &World) -> Result<(), Failed> {
    let inventory = Service::Inventory;
    change(
        &world.kubectl,
        &json!({ "services": { "inventory": { "replicas": 2 } } }),
    )?;
    let result = two_pods(world).and_then(|broken| {
        let name = broken["metadata"]["name"].as_str().unwrap_or_default();
        let label = format!("{LABEL}=broken");
        world
            .kubectl
            .run(&["label", "pod", name, "--namespace", NAMESPACE, &label])?;
        let pods = json!({ LABEL: "broken" });
        let fault = Fault::status(&world.kubectl, "broken", &pods, inventory.port(), BROKEN)?;
        wait::until("the broken pod to fail", IN_FORCE, || fails(world))?;
        let left_out = Instant::now();
        wait::until("the broken pod to be left out", IN_FORCE, || good_answers(world))?;
        println!("left out after {:.1} s", left_out.elapsed().as_secs_f64());
        let back = Instant::now();
        wait::until("the broken pod to come back", IN_FORCE, || fails(world))?;
        println!("asked again after {:.1} s", back.elapsed().as_secs_f64());
        fault.end()?;
        // It is well now: nothing fails, and it does its part again.
        wait::until("all to be well", IN_FORCE, || good_answers(world))?;
        Ok(())
    });
    change(
        &world.kubectl,
        &json!({ "services": { "inventory": { "replicas": null } } }),
    )?;
    result
}

/// Waits for two pods; gives one of them.
fn two_pods(world: &World) -> Result<Value, Failed> {
    let pods = wait::until("a second pod", IN_FORCE, || {
        let pods = world.pods(Service::Inventory.name())?;
        let ready = |pod: &&Value| pod["status"]["containerStatuses"][0]["ready"] == true;
        if pods.iter().filter(ready).count() == 2 {
            Ok(pods)
        } else {
            Err(format!("{} pods", pods.len()))
        }
    })?;
    world.settle()?;
    pods.into_iter().next().ok_or_else(|| "no pod".into())
}

fn status(world: &World) -> Result<u16, String> {
    let answer = world
        .shop
        .get("/inventories")
        .map_err(|failure| failure.to_string())?;
    Ok(answer.status)
}

fn fails(world: &World) -> Result<(), String> {
    match status(world)? {
        BROKEN => Ok(()),
        other => Err(other.to_string()),
    }
}

fn good_answers(world: &World) -> Result<(), String> {
    for number in 0..IN_A_ROW {
        let status = status(world)?;
        if status != 200 {
            return Err(format!("{status} after {number} good answers"));
        }
    }
    Ok(())
}

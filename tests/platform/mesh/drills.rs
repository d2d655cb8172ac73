//! The load of a drill, which is a Job, orders through the mesh, makes pay slow, and sees the mesh try again.

use crate::drill_runs::{run, short};
use crate::sidecars::has_native_sidecar;
use crate::world::World;
use fdp_local::install::NAMESPACE;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How often somebody looks, not a wait for anything.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) fn a_drill_is_passed_by_a_load_with_a_sidecar(world: &World) -> Result<(), Failed> {
    world.settle()?;
    let drill = short(&world.kubectl, "circuit-breaker", |spec| {
        spec["load"]["users"] = json!(10);
        // How fast is measured elsewhere.
        spec["expect"] = json!({ "availabilityPercent": "99.9" });
        spec["fault"]["seconds"] = json!(6);
        spec["recoverySeconds"] = json!(5);
    })?;
    let over = AtomicBool::new(false);
    let (ended, ran) = thread::scope(|scope| {
        let watch = scope.spawn(|| watch(world, &over));
        let ran = run(&world.kubectl, &drill, &[]);
        over.store(true, Ordering::Relaxed);
        (watch.join().unwrap_or_default(), ran)
    });
    let (code, said) = ran?;
    println!("{said}\n{ended} pods of the load were seen to have ended with their sidecars");
    if code != 0 {
        return Err(format!("the drill ended with {code}").into());
    }
    if ended == 0 {
        return Err("no pod of the load was seen to end with its sidecar".into());
    }
    Ok(())
}

pub(crate) fn requests_that_sidecars_abort_are_tried_again(world: &World) -> Result<(), Failed> {
    world.settle()?;
    let drill = short(&world.kubectl, "mesh-retry", |spec| {
        spec["fault"]["seconds"] = json!(10);
        spec["recoverySeconds"] = json!(5);
        // It reads the gateway's metrics, past the sidecars.
        spec["guard"] = json!({ "failedPercent": 50 });
    })?;
    let (code, said) = run(&world.kubectl, &drill, &[])?;
    println!("{said}");
    if code != 0 {
        return Err(format!("the drill ended with {code}").into());
    }
    let left = world
        .kubectl
        .run(&["get", "envoyfilter", "--namespace", NAMESPACE, "--output=name"])?;
    if left.contains("drills") {
        return Err(format!("the fault is still there: {left}").into());
    }
    Ok(())
}

/// How many pods of the load with a sidecar succeeded, before they were deleted.
fn watch(world: &World, over: &AtomicBool) -> usize {
    let mut ended = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let pods = world.pods("drill").unwrap_or_default();
        let succeeded = |pod: &&Value| pod["status"]["phase"] == "Succeeded" && has_native_sidecar(pod);
        for pod in pods.iter().filter(succeeded) {
            if !ended.contains(&pod["metadata"]["uid"]) {
                ended.push(pod["metadata"]["uid"].clone());
            }
        }
        thread::sleep(LOOK);
    }
    ended.len()
}

//! The load of a drill, which is a Job, orders through the mesh and makes pay slow.

use crate::drill_runs::{run, short};
use crate::sidecars::has_native_sidecar;
use crate::world::World;
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
        let ran = run(&world.kubectl, &drill);
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

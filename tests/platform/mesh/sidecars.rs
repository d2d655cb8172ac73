//! Which pods have a sidecar, and that Jobs end.

use crate::world::World;
use fdp_catalogue::Service;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::Value;
use std::time::Duration;

const ENDED: Duration = Duration::from_mins(1);
const MEASURED: Duration = Duration::from_mins(2);
/// The service that has an autoscaler.
const AUTOSCALED: &str = "customer";
const SIDECAR: &str = "istio-proxy";
/// The parts that must not have one.
const WITHOUT: [&str; 3] = ["kafka", "postgres", "setup"];

pub(crate) fn services_have_native_sidecars_and_nothing_else_has_one(world: &World) -> Result<(), Failed> {
    for service in Service::ALL {
        let pods = world.pods(service.name())?;
        if pods.is_empty() || !pods.iter().all(has_native_sidecar) {
            return Err(format!("{service}: not every pod has a native sidecar: {pods:#?}").into());
        }
    }
    for part in WITHOUT {
        let pods = world.pods(part)?;
        if pods.is_empty() || pods.iter().any(|pod| pod.to_string().contains(SIDECAR)) {
            return Err(format!("{part}: there is no pod, or one with a sidecar: {pods:#?}").into());
        }
    }
    Ok(())
}

/// An init container that goes on, which Kubernetes starts before the program and stops after it.
pub(crate) fn has_native_sidecar(pod: &Value) -> bool {
    let containers = pod["spec"]["initContainers"].as_array();
    containers.is_some_and(|containers| {
        containers
            .iter()
            .any(|container| container["name"] == SIDECAR && container["restartPolicy"] == "Always")
    })
}

/// Sidecars use more CPU than the services do while nobody orders, and none of it counts.
pub(crate) fn autoscalers_look_at_the_services_alone(world: &World) -> Result<(), Failed> {
    let known = wait::until("the autoscaler to know the CPU", MEASURED, || {
        let autoscalers = world.get("horizontalpodautoscalers")?;
        let metric = |autoscaler: &Value| autoscaler["status"]["currentMetrics"][0].clone();
        let known = autoscalers.iter().map(metric).find(|metric| !metric.is_null());
        known.ok_or_else(|| format!("{autoscalers:?}"))
    })?;
    if known["containerResource"]["container"] == AUTOSCALED {
        return Ok(());
    }
    Err(format!("it knows {known}").into())
}

/// The setup, and those that try what services reach, which are deleted once they have ended.
pub(crate) fn every_job_ends(world: &World) -> Result<(), Failed> {
    wait::until("every Job to have ended", ENDED, || {
        let jobs = world.get("jobs")?;
        let has_ended = |job: &Value| job["status"]["succeeded"] == 1;
        if jobs.is_empty() || !jobs.iter().all(has_ended) {
            return Err(format!("{jobs:?}"));
        }
        let platforms = world.get("fdp")?;
        let reached = platforms
            .first()
            .map(|platform| &platform["status"]["reachability"]);
        let reached = reached.and_then(Value::as_array).cloned().unwrap_or_default();
        let mut callers = Service::ALL
            .into_iter()
            .filter(|service| !service.calls().is_empty());
        let is_reached = |caller: &Service| {
            let of_caller = |known: &&Value| known["service"] == caller.name();
            reached
                .iter()
                .find(of_caller)
                .is_some_and(|known| known["problem"].is_null())
        };
        match callers.find(|caller| !is_reached(caller)) {
            None => Ok(()),
            Some(caller) => Err(format!("what {caller} reaches: {reached:?}")),
        }
    })?;
    Ok(())
}

//! What sidecars have seen, by their access logs.

use crate::world::World;
use fdp_local::install::NAMESPACE;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::Value;
use std::time::Duration;

const WRITTEN: Duration = Duration::from_secs(30);

/// How many requests with this mark in their path have come into the pods, each of which has seen a request with the mark
/// `last` after them.
pub(crate) fn requests(world: &World, pod: &Value, mark: &str, last: &str) -> Result<usize, Failed> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    // A sidecar writes its log in order, a while after it has answered.
    let count = wait::until(&format!("the log of {name} to have {last}"), WRITTEN, || {
        let log = log(world, name)?;
        if of(&log, last) == 0 {
            return Err(format!("{} lines", log.lines().count()));
        }
        Ok(of(&log, mark))
    })?;
    Ok(count)
}

/// How many have come so far; the log may lack the last second.
pub(crate) fn so_far(world: &World, pod: &Value, mark: &str) -> Result<usize, String> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    Ok(of(&log(world, name)?, mark))
}

/// How many answers of pay to payments have failed so far, as its sidecar has it.
pub(crate) fn failed_payments(world: &World, pod: &Value) -> Result<usize, String> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let log = log(world, name)?;
    let failed = log
        .lines()
        .filter(|line| line.contains("\"POST /payments HTTP/1.1\" 503"));
    Ok(failed.count())
}

fn log(world: &World, pod: &str) -> Result<String, String> {
    let logs = ["logs", pod, "--namespace", NAMESPACE, "--container=istio-proxy"];
    world.kubectl.run(&logs).map_err(|failure| failure.to_string())
}

fn of(log: &str, mark: &str) -> usize {
    let mark = format!("mark={mark} ");
    log.lines()
        .filter(|line| line.contains("inbound|") && line.contains(&mark))
        .count()
}

//! Measures how soon a broken image is shown and reported as stalled, and checks that it is never shown as running.

use crate::World;
use fdp_local::install::{self, NAMESPACE, PLATFORM};
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The timeout after the kubelet has reported it.
const SEEN: Duration = Duration::from_secs(5);
const RED: Duration = Duration::from_secs(30);
/// The timeout for everything else.
const LIMIT: Duration = Duration::from_mins(5);

/// The conditions of the platform.
pub(crate) fn conditions(world: &World) -> Result<Value, String> {
    let platform = install::platform(&world.platform.kubectl).map_err(|failure| failure.to_string())?;
    Ok(platform["status"]["conditions"].clone())
}

/// Waits until the kubelet reports that it cannot pull an image, then until the status does, then for `Stalled`.
pub(crate) fn is_seen_and_red(world: &World, what: &str, words: &str) -> Result<(), Failed> {
    let said = wait::until("the kubelet to fail", LIMIT, || {
        let pods = world
            .platform
            .kubectl
            .json(&["get", "pods", "--namespace", NAMESPACE])
            .map_err(|failure| failure.to_string())?;
        let waits = |pod: &Value| {
            let containers = pod["status"]["containerStatuses"].as_array();
            containers.into_iter().flatten().any(|container| {
                let reason = container["state"]["waiting"]["reason"].as_str();
                matches!(reason, Some("ErrImagePull" | "ImagePullBackOff"))
            })
        };
        if pods["items"].as_array().into_iter().flatten().any(waits) {
            Ok(Instant::now())
        } else {
            Err("no pod fails".to_owned())
        }
    })?;
    wait::until("the status to say it", LIMIT, || {
        let told = conditions(world)?.to_string();
        if told.contains(words) { Ok(()) } else { Err(told) }
    })?;
    let seen = said.elapsed();
    wait::until("the platform to be red", LIMIT, || {
        let conditions = conditions(world)?;
        let stalled = conditions.as_array().into_iter().flatten().any(|condition| {
            condition["type"] == "Stalled"
                && condition["status"] == "True"
                && condition["message"]
                    .as_str()
                    .is_some_and(|message| message.contains(words))
        });
        if stalled {
            Ok(())
        } else {
            Err(conditions.to_string())
        }
    })?;
    let red = said.elapsed();
    println!(
        "{what}: shown {:.1} s after the kubelet reported it, stalled {:.1} s after it",
        seen.as_secs_f64(),
        red.as_secs_f64()
    );
    if seen > SEEN || red > RED {
        return Err(format!("{what}: seen after {seen:?}, red after {red:?}").into());
    }
    Ok(())
}

/// Checks that the status of a service names the running version, and the other one only as desired.
pub(crate) fn what_runs_is_told_apart(world: &World, service: &str, wanted: &str) -> Result<(), Failed> {
    let platform = install::platform(&world.platform.kubectl)?;
    let services = platform["status"]["services"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let row = services
        .iter()
        .find(|row| row["name"] == service)
        .ok_or("the service is not in the status")?;
    let told = row["wanted"] == wanted && row["running"].is_string() && row["running"] != wanted;
    if !told || platform["status"]["version"] == wanted {
        return Err(format!("{PLATFORM}: {row}, version {}", platform["status"]["version"]).into());
    }
    Ok(())
}

//! A platform whose services cannot reach each other says so, although every pod is ready.

use crate::World;
use fdp_local::failure::Result as LocalResult;
use fdp_local::install::{self, NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::Value;
use std::time::{Duration, Instant};

const TRIED: Duration = Duration::from_mins(3);
const SERVICES: usize = 9;
const POLICY: &str = "shop-pay";
const LEFT_TO_US: &str = "fooddelivery.dev/unmanaged-fields=spec.ingress";
const GIVEN_BACK: &str = "fooddelivery.dev/unmanaged-fields-";

/// An administrator takes over a rule of a policy and closes the way from order to pay. Policies only ever allow, so that
/// one of their own could not do it.
pub(crate) fn a_service_that_is_cut_off_makes_the_platform_not_ready(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    install::wait_until_ready(kubectl, TRIED, &mut |_| {})?;
    wait::until("all services to have reached everything", TRIED, || {
        let status = status(kubectl)?;
        let found = status["reachability"].as_array().cloned().unwrap_or_default();
        if found.len() == SERVICES && found.iter().all(|one| one["problem"].is_null()) {
            Ok(())
        } else {
            Err(format!("{found:?}"))
        }
    })?;
    annotate(kubectl, LEFT_TO_US)?;
    let cut = Instant::now();
    let said = close(kubectl).and_then(|()| {
        let expected = "order cannot reach pay at shop-pay:8082";
        wait::until("the platform to say what cannot be reached", TRIED, || {
            let (is_ready, message) = ready(kubectl)?;
            if !is_ready && message.contains(expected) && message.contains("orders are refused") {
                Ok(message)
            } else {
                Err(message)
            }
        })
    });
    let told = cut.elapsed();
    annotate(kubectl, GIVEN_BACK)?;
    let said = said?;
    let opened = Instant::now();
    install::wait_until_ready(kubectl, TRIED, &mut |_| {})?;
    println!(
        "{:.1} s after order was cut off from pay: {said}; ready {:.1} s after it was let through",
        told.as_secs_f64(),
        opened.elapsed().as_secs_f64()
    );
    wait::until("the Jobs to be gone", TRIED, || {
        let jobs = kubectl
            .run(&["get", "jobs", "--namespace", NAMESPACE, "--output=name"])
            .map_err(|failure| failure.to_string())?;
        if jobs.contains("-reach-") {
            Err(jobs)
        } else {
            Ok(())
        }
    })?;
    Ok(())
}

/// Takes the rule that lets order through out of the policy of pay.
fn close(kubectl: &Kubectl) -> LocalResult<()> {
    let patch = r#"[{"op": "remove", "path": "/spec/ingress/0"}]"#;
    let policy = ["networkpolicy", POLICY, "--namespace", NAMESPACE];
    kubectl
        .run(&[&["patch"][..], &policy, &["--type=json", "--patch", patch]].concat())
        .map(drop)
}

fn annotate(kubectl: &Kubectl, annotation: &str) -> LocalResult<()> {
    let policy = ["networkpolicy", POLICY, "--namespace", NAMESPACE];
    kubectl
        .run(&[&["annotate", "--overwrite"][..], &policy, &[annotation]].concat())
        .map(drop)
}

fn status(kubectl: &Kubectl) -> Result<Value, String> {
    let platform = install::platform(kubectl).map_err(|failure| failure.to_string())?;
    if platform["metadata"]["name"] == PLATFORM {
        Ok(platform["status"].clone())
    } else {
        Err(format!("no platform {PLATFORM}: {platform}"))
    }
}

/// The condition Ready, and its message.
fn ready(kubectl: &Kubectl) -> Result<(bool, String), String> {
    let status = status(kubectl)?;
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions
        .into_iter()
        .find(|condition| condition["type"] == "Ready");
    let ready = ready.ok_or("no condition Ready")?;
    let message = ready["message"].as_str().unwrap_or_default().to_owned();
    Ok((ready["status"] == "True", message))
}

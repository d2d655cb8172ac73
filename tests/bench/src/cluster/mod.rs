//! The course's load test against the platform that `make up` has started, on the real Kubernetes: users in a closed loop
//! while pay takes 400 to 620 ms.

mod books;
mod usage;

use crate::load::{Load, Outcome};
use crate::machine;
use crate::report::{
    self, Target,
    Target::{AtLeast, AtMost},
};
use anyhow::{Context, Result};
use fdp_local::install::{self, NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::options::GATEWAY_PORT;
use fdp_local::{target, wait};
use serde_json::{Value, json};
use std::time::Duration;
use usage::Usage;

/// How many users order at the same time, one after the other.
const USERS: [u32; 4] = [50, 100, 200, 400];
/// The first is the course's; the share of the others' orders per second is compared with its.
const COURSE: u32 = 100;
const DELAY: &str = "400-620";
const READY: Duration = Duration::from_mins(2);
const SETTLED: Duration = Duration::from_mins(2);

/// Measures and prints.
///
/// # Errors
/// When nothing runs, no order can be placed, or the platform does not come to rest.
pub(crate) fn measure(duration: Duration) -> Result<()> {
    let cluster =
        fdp_cluster::find(target::NAME).context("no local cluster is running: start it with `make up`")?;
    let kubectl = target::Target::Own(cluster).kubectl();
    let platform = install::platform(&kubectl)?;
    let before = platform["spec"]["services"]["pay"].clone();
    let during = with_delay(&before);
    set_pay(&kubectl, &during)?;
    let measured = sieges(&kubectl, duration);
    set_pay(&kubectl, &before)?;
    measured
}

fn sieges(kubectl: &Kubectl, duration: Duration) -> Result<()> {
    let mut course = None;
    for users in USERS {
        report::heading(&format!(
            "{users} users, {} s, pay takes {DELAY} ms",
            duration.as_secs()
        ));
        let (load, before) = (load(users, duration), Usage::of(kubectl)?);
        let own = machine::cpu_seconds(std::process::id())?;
        let outcome = load.run()?;
        let own = machine::cpu_seconds(std::process::id())? - own;
        let used = Usage::of(kubectl)?.since(&before);
        let settled = books::settled(kubectl, SETTLED)?;
        tell(&outcome, settled, course, users);
        used.print(outcome.seconds());
        report::figure("  the load itself", own / outcome.seconds() * 1000.0, "m");
        if users == COURSE {
            course = Some(outcome.per_second());
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn tell(outcome: &Outcome, orphans: usize, course: Option<f64>, users: u32) {
    let least = match (users, course) {
        (COURSE, _) => 170.0,
        (_, Some(course)) => 0.9 * course,
        _ => 85.0,
    };
    let (each, is_course) = (outcome.per_second(), users == COURSE);
    report::against("orders placed and paid (201)", each, "/s", AtLeast(least));
    against_if(
        is_course,
        "availability",
        outcome.availability(),
        "%",
        AtLeast(99.9),
    );
    for (status, count) in outcome.answers.iter().filter(|(status, _)| **status != 201) {
        report::figure(&format!("  answered {status}"), *count as f64, "");
    }
    report::figure("  not answered", outcome.unanswered as f64, "");
    report::figure("latency p50", outcome.milliseconds(0.5), "ms");
    let latest = outcome.milliseconds(0.99);
    against_if(is_course, "latency p99", latest, "ms", AtMost(1500.0));
    report::against("payments without an order", orphans as f64, "", AtMost(0.0));
}

/// Prints a figure, with its target if that is meant for this load.
fn against_if(is_meant: bool, words: &str, figure: f64, unit: &str, target: Target) {
    if is_meant {
        report::against(words, figure, unit, target);
    } else {
        report::figure(words, figure, unit);
    }
}

fn load(users: u32, duration: Duration) -> Load {
    Load {
        port: GATEWAY_PORT,
        customers: users,
        duration,
        pace: None,
    }
}

/// The settings of pay, with a delay.
fn with_delay(pay: &Value) -> Value {
    let mut pay = if pay.is_object() { pay.clone() } else { json!({}) };
    let delay = json!({ "name": "PAY_DELAY_MS", "value": DELAY });
    match pay["env"].as_array_mut() {
        Some(variables) => variables.push(delay),
        None => pay["env"] = json!([delay]),
    }
    pay
}

/// Sets what the platform says of pay, and waits until it is so.
fn set_pay(kubectl: &Kubectl, pay: &Value) -> Result<()> {
    let operation = if pay.is_null() {
        json!({ "op": "remove", "path": "/spec/services/pay" })
    } else {
        json!({ "op": "add", "path": "/spec/services/pay", "value": pay })
    };
    let services = json!({ "op": "add", "path": "/spec/services", "value": {} });
    let is_new = install::platform(kubectl)?["spec"]["services"].is_null();
    let patch = if is_new {
        json!([services, operation])
    } else {
        json!([operation])
    };
    let patch = patch.to_string();
    let platform = ["fooddeliveryplatform", PLATFORM, "--namespace", NAMESPACE];
    kubectl.run(&[&["patch"][..], &platform, &["--type=json", "--patch", &patch]].concat())?;
    wait::until("pay to run as set", READY, || {
        let platform = install::platform(kubectl).map_err(|failure| failure.to_string())?;
        install::readiness(&platform)
    })?;
    Ok(())
}

//! Drills on the real cluster, as `examples/drills` has them but shorter: each has the verdict that it should have, its fault
//! is always undone, and `fdp drill` ends with the verdict's code.

use crate::drill_runs::{run, short};
use crate::{World, browser};
use fdp_local::failure;
use fdp_local::install::{self, NAMESPACE, OPERATOR_NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const READY: Duration = Duration::from_mins(2);
const FAULT: Duration = Duration::from_mins(1);
const VERDICT: Duration = Duration::from_mins(3);
const OUTAGE: &str = "store-outage";
/// Enough for each replica of order to have paid one.
const IN_A_ROW: u32 = 30;

/// What users apply, for a shorter time and with less load.
pub(crate) fn drills_have_the_verdict_that_they_should_have(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    orders_go_through(world)?;
    for (name, shorten) in SHORT {
        passes(kubectl, name, shorten)?;
    }
    let failing = short(kubectl, "pay-failing", |spec| {
        spec["expect"] = json!({ "availabilityPercent": "99.9" });
        spec["fault"]["seconds"] = json!(5);
    })?;
    let (code, said) = run(kubectl, &failing, &[])?;
    if code != 1 || !said.contains("availabilityPercent") {
        return Err(format!("a drill that should fail ended with {code}:\n{said}").into());
    }
    println!("{said}");
    Ok(())
}

/// Waits until many orders in a row are accepted. After a time without pay, each replica of order refuses all but one until that
/// one is paid: a drill that began then would be without a verdict.
fn orders_go_through(world: &World) -> Result<(), Failed> {
    let order = json!({ "item": "통닭", "storeId": 1, "customerId": "first" });
    wait::until("orders to go through", READY, || {
        for _ in 0..IN_A_ROW {
            world.shop.order(&order).map_err(|failure| failure.to_string())?;
        }
        Ok(())
    })?;
    Ok(())
}

/// How a drill is made shorter.
type Shorten = fn(&mut Value);

/// Those of `examples/drills` that pass here. Not among them are the autoscaler's, which takes minutes by its nature; the one for
/// alerts, which needs a Prometheus; those that need Istio or a second node, which are tried where these are; and the one that
/// is made to fail.
const SHORT: [(&str, Shorten); 10] = [
    ("circuit-breaker", |spec| {
        spec["load"]["users"] = json!(30);
        spec["expect"]["ordersPerSecond"] = json!(30);
        spec["fault"]["seconds"] = json!(10);
    }),
    ("impatient-users", |spec| {
        spec["load"]["users"] = json!(30);
        spec["expect"]["ordersPerSecond"] = json!(30);
        spec["fault"]["seconds"] = json!(8);
    }),
    // Pay answers for some seconds after its pods were taken away.
    ("pay-outage", |spec| spec["fault"]["seconds"] = json!(15)),
    ("guarded-outage", |spec| spec["fault"]["seconds"] = json!(15)),
    (OUTAGE, |spec| {
        spec["load"]["ordersPerSecond"] = json!(10);
        spec["fault"]["seconds"] = json!(15);
    }),
    ("self-healing", |spec| spec["fault"]["seconds"] = json!(15)),
    ("rolling-redeploy", |spec| {
        spec["fault"] = json!({ "seconds": 12, "podsReplaced": { "services": ["pay"] } });
    }),
    ("operator-killed", |spec| spec["fault"]["seconds"] = json!(8)),
    ("broker-restart", |spec| spec["fault"]["seconds"] = json!(15)),
    ("database-restart", |spec| spec["fault"]["seconds"] = json!(15)),
];

/// A drill that is deleted in the middle: what it had changed reads as before, field by field.
pub(crate) fn a_drill_that_is_deleted_half_way_leaves_everything_as_it_was(
    world: &World,
) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let before = specification(kubectl, "store")?;
    under_fault(kubectl, 120)?;
    let deleted = Instant::now();
    kubectl.run(&["delete", "drill", OUTAGE, "--namespace", NAMESPACE])?;
    wait::until("everything to be as before", FAULT, || is_as(&before, kubectl))?;
    println!(
        "as before {:.1} s after the drill was deleted",
        deleted.elapsed().as_secs_f64()
    );
    install::wait_until_ready(kubectl, READY, &mut |_| {})?;
    Ok(())
}

/// A drill whose operator dies in the middle: the next one ends the fault in time, and there is a verdict.
pub(crate) fn a_drill_outlives_its_operator(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let before = specification(kubectl, "store")?;
    under_fault(kubectl, 15)?;
    let operator = [
        "pods",
        "--namespace",
        OPERATOR_NAMESPACE,
        "--selector=app.kubernetes.io/name=fdp-operator",
    ];
    let killed = kubectl.run(&[&["delete"][..], &operator, &["--grace-period=0", "--force"]].concat())?;
    if killed.trim().is_empty() {
        return Err("no pod of the operator was found".into());
    }
    let verdict = verdict(kubectl)?;
    println!("the operator was killed during the fault: {verdict}");
    if verdict != "Passed AsExpected" {
        return Err(kubectl
            .run(&["get", "drill", OUTAGE, "--namespace", NAMESPACE, "--output=yaml"])?
            .into());
    }
    browser::the_status_page_shows_a_drill(OUTAGE, "Passed")?;
    wait::until("everything to be as before", FAULT, || is_as(&before, kubectl))?;
    install::wait_until_ready(kubectl, READY, &mut |_| {})?;
    Ok(())
}

/// A drill whose platform is deleted in the middle ends with it; the caller deletes the platform meanwhile.
pub(crate) fn aborts_without_its_platform(kubectl: &Kubectl) -> Result<(), Failed> {
    let verdict = verdict(kubectl)?;
    if verdict != "Aborted NoPlatform" {
        return Err(format!("a drill without a platform: {verdict}").into());
    }
    kubectl.run(&["delete", "drill", OUTAGE, "--namespace", NAMESPACE])?;
    Ok(())
}

/// Starts a drill that takes the store away for so many seconds, and waits until it is away.
pub(crate) fn under_fault(kubectl: &Kubectl, seconds: u32) -> Result<(), Failed> {
    let drill = short(kubectl, OUTAGE, |spec| {
        spec["load"]["ordersPerSecond"] = json!(5);
        spec["fault"]["seconds"] = json!(seconds);
        spec["run"] = json!(format!("for {seconds} s"));
    })?;
    kubectl.run_with_input(&["apply", "--filename", "-"], &drill.to_string())?;
    wait::until("the fault to be there", FAULT, || {
        let there = specification(kubectl, "store").map_err(|failure| failure.to_string())?;
        if there["replicas"] == 0 {
            return Ok(());
        }
        let drills = kubectl.run(&["get", "drills", "--namespace", NAMESPACE]);
        Err(drills.unwrap_or_else(|failure| failure.to_string()))
    })?;
    Ok(())
}

fn is_as(before: &Value, kubectl: &Kubectl) -> Result<(), String> {
    let now = specification(kubectl, "store").map_err(|failure| failure.to_string())?;
    let jobs = load(kubectl).map_err(|failure| failure.to_string())?;
    if now == *before && jobs == 0 {
        return Ok(());
    }
    Err(format!("{jobs} Jobs, {now}"))
}

/// The verdict and its reason, as `kubectl get drills` shows them, once they are there.
fn verdict(kubectl: &Kubectl) -> Result<String, Failed> {
    let columns = "--output=jsonpath={.status.verdict} {.status.reason}";
    let verdict = wait::until("a verdict", VERDICT, || {
        let said = kubectl.run(&["get", "drill", OUTAGE, "--namespace", NAMESPACE, columns]);
        let said = said.map_err(|failure| failure.to_string())?;
        if said.starts_with(' ') {
            return Err(said);
        }
        Ok(said)
    })?;
    Ok(verdict)
}

fn passes(kubectl: &Kubectl, name: &str, shorten: impl FnOnce(&mut Value)) -> Result<(), Failed> {
    install::wait_until_ready(kubectl, READY, &mut |_| {})?;
    let (code, said) = run(kubectl, &short(kubectl, name, shorten)?, &[])?;
    println!("{said}");
    if code == 0 {
        return Ok(());
    }
    println!("{}", logs(kubectl));
    Err(format!("drill {name} ended with {code}").into())
}

/// What a Deployment is to be, without what another version of it would differ in at each write.
fn specification(kubectl: &Kubectl, service: &str) -> failure::Result<Value> {
    let name = format!("{PLATFORM}-{service}");
    let deployment = kubectl.json(&["get", "deployment", &name, "--namespace", NAMESPACE])?;
    Ok(deployment["spec"].clone())
}

/// How many Jobs of drills there are.
fn load(kubectl: &Kubectl) -> failure::Result<usize> {
    let ours = "--selector=app.kubernetes.io/name=drill";
    let jobs = kubectl.json(&["get", "jobs", "--namespace", NAMESPACE, ours])?;
    Ok(jobs["items"].as_array().map_or(0, Vec::len))
}

fn logs(kubectl: &Kubectl) -> String {
    let ours = "--selector=app.kubernetes.io/name=drill";
    let logs = kubectl.run(&["logs", "--namespace", NAMESPACE, ours, "--tail=50"]);
    let pods = kubectl.run(&["get", "pods", "--namespace", NAMESPACE, "--output=wide"]);
    [logs, pods]
        .map(|said| said.unwrap_or_else(|failure| failure.to_string()))
        .join("\n")
}

//! A pod finds room on a node that an autoscaler has filled.

use crate::World;
use crate::customers::Customers;
use crate::pods::pods;
use crate::specification::change;
use fdp_local::failure::Failure;
use fdp_local::install;
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// An autoscaler that has just been given a target takes some rounds of fifteen seconds to fill the node.
const FILLED: Duration = Duration::from_mins(5);
/// As long as the operator makes room.
const FOUND_ROOM: Duration = Duration::from_mins(3);
const HEALED: Duration = Duration::from_mins(5);
const ORDER: &str = "app.kubernetes.io/name=order,fooddelivery.dev/platform=shop";
const PAY: &str = "app.kubernetes.io/name=pay,fooddelivery.dev/platform=shop";

/// Order's replicas that wait for room take that of pay as soon as pay is away, and give it back.
pub(crate) fn a_pod_finds_room_on_a_node_that_an_autoscaler_has_filled(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let greedy = json!({ "min": 1, "max": 10, "cpuPercent": 1 });
    change(
        kubectl,
        &json!({ "services": { "order": { "autoscaling": greedy } } }),
    )?;
    let customers = Customers::start(&world.shop);
    let tried = pay_comes_back(kubectl);
    let (accepted, refused) = customers.stop()?;
    let bounded = json!({ "min": null, "max": 2, "cpuPercent": null });
    change(
        kubectl,
        &json!({ "services": { "pay": null, "order": { "autoscaling": bounded } } }),
    )?;
    install::wait_until_ready(kubectl, HEALED, &mut |_| {})?;
    let (room_after, said) = tried?;
    println!(
        "pay had a node again {:.1} s after it was wanted ({said}); {} orders were accepted and {} refused meanwhile",
        room_after.as_secs_f64(),
        accepted.len(),
        refused.len()
    );
    Ok(())
}

/// How long it takes until pay has a node again, and what the operator said meanwhile.
fn pay_comes_back(kubectl: &Kubectl) -> Result<(Duration, String), Failed> {
    wait::until("a replica of order that finds no room", FILLED, || {
        let pods = pods(kubectl, ORDER).map_err(in_words)?;
        if pods.iter().any(finds_no_room) {
            Ok(())
        } else {
            Err(format!("{} pods", pods.len()))
        }
    })?;
    change(kubectl, &json!({ "services": { "pay": { "replicas": 0 } } }))?;
    wait::until("an end of pay, whose room is taken at once", FILLED, || {
        let (pay, order) = (
            pods(kubectl, PAY).map_err(in_words)?,
            pods(kubectl, ORDER).map_err(in_words)?,
        );
        if pay.is_empty() && order.iter().any(finds_no_room) {
            Ok(())
        } else {
            Err(format!("{} pods of pay, {} of order", pay.len(), order.len()))
        }
    })?;
    change(kubectl, &json!({ "services": { "pay": { "replicas": 1 } } }))?;
    let wanted = Instant::now();
    let mut said = None;
    wait::until("a node for pay", FOUND_ROOM, || {
        said = no_room(kubectl)?.or(said.take());
        let pay = pods(kubectl, PAY).map_err(in_words)?;
        let has_node = pay.iter().any(|pod| pod["spec"]["nodeName"].is_string());
        if has_node { Ok(()) } else { Err(format!("{pay:?}")) }
    })?;
    let said = said.ok_or("pay found room although order had filled the node: this proves nothing")?;
    Ok((wanted.elapsed(), said))
}

fn finds_no_room(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| {
        condition["type"] == "PodScheduled"
            && condition["status"] == "False"
            && condition["message"]
                .as_str()
                .is_some_and(|message| message.contains("Insufficient"))
    })
}

/// What the operator says while it makes room.
fn no_room(kubectl: &Kubectl) -> Result<Option<String>, String> {
    let platform = install::platform(kubectl).map_err(in_words)?;
    let conditions = platform["status"]["conditions"].as_array();
    let no_room = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition["reason"] == "NoRoom");
    Ok(no_room.and_then(|condition| condition["message"].as_str().map(str::to_owned)))
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn in_words(failure: Failure) -> String {
    failure.to_string()
}

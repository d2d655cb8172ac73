//! A new version rolls out while customers order, a bad one stops where it does not come up, and nobody notices either.

use crate::customers::Customers;
use crate::specification::change;
use crate::{World, broken};
use fdp_cluster::Terminal;
use fdp_local::install::{self, NAMESPACE, PLATFORM};
use fdp_local::{software, wait};
use libtest_mimic::Failed;
use serde_json::json;
use std::time::Duration;

const ROLLED_OUT: Duration = Duration::from_mins(4);
/// The same programs under another name are a new version to Kubernetes.
const NEXT: &str = "localhost/next";

pub(crate) fn a_new_version_rolls_out_and_a_bad_one_stops_while_every_order_succeeds(
    world: &World,
) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let images = software::pack(&fdp_checkout::programs(), NEXT, &Terminal::new())?;
    world.platform.target.deliver(&images, &Terminal::new())?;
    let customers = Customers::start(&world.shop);

    // The stores have one pod each, so whoever changes their image as well loses a moment.
    let here = software::LOCAL_PREFIX;
    change(
        kubectl,
        &json!({
            "image": { "registry": NEXT },
            "kafka": { "image": format!("{here}/kafka:4.3.1") },
            "postgres": { "image": format!("{here}/postgres:15") },
        }),
    )?;
    install::wait_until_ready(kubectl, ROLLED_OUT, &mut |_| {})?;
    for service in ["frontend", "store", "pay", "order", "gateway"] {
        let image = image_of(world, service)?;
        if !image.starts_with(NEXT) {
            return Err(format!("{service} runs {image}").into());
        }
    }
    let while_upgraded = customers.accepted();

    change(kubectl, &json!({ "image": { "tag": "no-such-version" } }))?;
    broken::is_seen_and_red(world, "a wrong tag", "cannot pull image localhost/next/")?;
    wait::until("the status to say where the rollout stopped", ROLLED_OUT, || {
        let said = broken::conditions(world)?.to_string();
        if said.contains("Deployment shop-gateway waits for") {
            return Ok(());
        }
        Err(said)
    })?;
    broken::what_runs_is_told_apart(world, "gateway", "no-such-version")?;
    customers.wait_for_more(20, ROLLED_OUT)?;
    let gateway = image_of(world, "gateway")?;
    if gateway.contains("no-such-version") {
        return Err(format!("the gateway should not have been touched: {gateway}").into());
    }

    change(kubectl, &json!({ "image": { "tag": null } }))?;
    install::wait_until_ready(kubectl, ROLLED_OUT, &mut |_| {})?;

    let nowhere = json!({ "pay": { "image": "localhost/next/nobody:1" } });
    change(kubectl, &json!({ "services": nowhere }))?;
    broken::is_seen_and_red(world, "a wrong name", "cannot pull image localhost/next/nobody:1")?;
    broken::what_runs_is_told_apart(world, "pay", "1")?;
    change(kubectl, &json!({ "services": { "pay": { "image": null } } }))?;
    install::wait_until_ready(kubectl, ROLLED_OUT, &mut |_| {})?;
    let (accepted, refused) = customers.stop()?;
    println!(
        "{} orders accepted ({while_upgraded} during the upgrade), {} refused",
        accepted.len(),
        refused.len()
    );
    if !refused.is_empty() || while_upgraded < 20 {
        return Err(format!("refused: {refused:?}").into());
    }
    Ok(())
}

fn image_of(world: &World, service: &str) -> Result<String, Failed> {
    let deployment = world.platform.kubectl.json(&[
        "get",
        "deployment",
        &format!("{PLATFORM}-{service}"),
        "--namespace",
        NAMESPACE,
    ])?;
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    Ok(image.as_str().unwrap_or_default().to_owned())
}

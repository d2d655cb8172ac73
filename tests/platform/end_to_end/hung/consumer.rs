//! Tests that a client of Kafka whose thread hangs is replaced, while its service goes on.

use super::container::only_container;
use super::threads::StoppedThreads;
use crate::World;
use crate::pods::{OF_PLATFORM, pods};
use fdp_catalogue::Service;
use fdp_local::failure;
use fdp_local::install::NAMESPACE;
use fdp_local::port_forward::PortForward;
use fdp_local::shop::Shop;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::{Duration, Instant};

/// A service that does nothing but consume: others have a second client, whose thread has the same name.
const SERVICE: Service = Service::Marketing;
/// The thread of librdkafka that fetches from the broker 0. The one that tells the group that the member lives is another one.
const FETCHES: &str = "rdk:broker0";
/// Three checks, ten seconds each, which may each wait five seconds for an answer; the old client gets ten to end.
const REPLACED: Duration = Duration::from_secs(75);
const READ: Duration = Duration::from_secs(30);
const HANDLED: &str = r#"events_consumed_total{group="marketing",outcome="handled"} "#;
const RENEWED: &str = r#"consumer_renewals_total{group="marketing"} "#;

/// Stops the thread that fetches events. A new client reads what waits, and nothing is restarted.
pub(crate) fn a_consumer_that_hangs_gets_a_new_client(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let container = only_container(kubectl, SERVICE.name())?;
    let target = format!("pod/{}", container.pod);
    let forward = PortForward::open(kubectl, NAMESPACE, &target, SERVICE.port())?;
    let metrics = Shop::at(forward.address());
    let mut threads = StoppedThreads::default();
    threads.stop(&container.first_process()?, FETCHES)?;
    let since = Instant::now();
    let (handled, renewed) = (count(&metrics, HANDLED)?, count(&metrics, RENEWED)?);
    world.shop.order(&json!({"item": "통닭", "storeId": 1}))?;
    let grows = |name: &str, before: u64| match count(&metrics, name) {
        Ok(now) if now > before => Ok(()),
        Ok(now) => Err(format!("{name}{now}, as before")),
        Err(failure) => Err(failure.to_string()),
    };
    wait::until("a new client of Kafka", REPLACED, || grows(RENEWED, renewed))?;
    let log = kubectl.run(&["logs", &container.pod, "--namespace", NAMESPACE])?;
    let why = log.lines().rfind(|line| line.contains("a new Kafka client"));
    println!(
        "after {} s: {}",
        since.elapsed().as_secs(),
        why.unwrap_or_default()
    );
    wait::until("the new client to read what waits", READ, || {
        grows(HANDLED, handled)
    })?;
    println!("events were handled after {} s", since.elapsed().as_secs());
    if container.restarted_in(&pods(kubectl, OF_PLATFORM)?) {
        return Err(format!("{} was restarted", container.pod).into());
    }
    Ok(())
}

/// What a counter of the service says; one that was never increased is not there.
fn count(service: &Shop, name: &str) -> failure::Result<u64> {
    let answer = service.get("/metrics")?.expect(200)?;
    let lines = answer.as_str().unwrap_or_default().lines();
    let mut counts = lines.filter_map(|line| line.strip_prefix(name));
    Ok(counts
        .next()
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or_default())
}

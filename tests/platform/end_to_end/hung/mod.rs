//! Tests that what hangs is restarted or replaced: all services at once, the data stores, and a client of Kafka.

mod connections;
mod consumer;
mod container;
mod process;
mod threads;

use crate::World;
use crate::pods::{OF_PLATFORM, pods};
use connections::SilentConnections;
pub(crate) use consumer::a_consumer_that_hangs_gets_a_new_client;
use container::{Container, containers, only_container};
use fdp_catalogue::Service;
use fdp_local::install;
use fdp_local::shop::TO_THE_DOOR;
use fdp_local::wait;
use libtest_mimic::Failed;
use process::StoppedProcesses;
use serde_json::json;
use std::time::{Duration, Instant};
use threads::StoppedThreads;

/// More than twice the bound of the slowest probe, with the start of what was restarted.
const RESTARTED: Duration = Duration::from_mins(5);
/// How long customers may still be refused when the platform is ready again.
const ACCEPTED: Duration = Duration::from_secs(30);
/// How soon the kubelet has to send customers elsewhere: twice its probe's time and timeout, and some seconds for a busy machine.
const NOT_READY: Duration = Duration::from_secs(40);
const READY_AGAIN: Duration = Duration::from_secs(30);
const DATA_STORES: [&str; 2] = ["kafka", "postgres"];
/// What threads of tokio's runtimes are called, those for blocking work as well.
const RUNTIME: &str = "tokio-rt-worker";

/// Lets all services hang at once, then Kafka and PostgreSQL, and waits each time until the kubelet has restarted them. A
/// service is not restarted because a data store hangs.
pub(crate) fn whatever_hangs_is_restarted_and_orders_go_on(world: &World) -> Result<(), Failed> {
    hang(world, &Service::ALL.map(Service::name))?;
    let services = containers(&world.platform.kubectl, &Service::ALL.map(Service::name))?;
    hang(world, &DATA_STORES)?;
    let pods = pods(&world.platform.kubectl, OF_PLATFORM)?;
    let mut restarted = services.iter().filter(|service| service.restarted_in(&pods));
    if let Some(service) = restarted.next() {
        return Err(format!("{} was restarted since a data store hung", service.pod).into());
    }
    let order = accepted_order(world)?;
    world
        .shop
        .wait_for_state(&order, "Delivered", TO_THE_DOOR, &mut |_| {})?;
    Ok(())
}

/// The id of an order, once one is accepted.
fn accepted_order(world: &World) -> Result<String, Failed> {
    let order = wait::until("an order to be accepted", ACCEPTED, || {
        let order = world.shop.order(&json!({"item": "통닭", "storeId": 1}));
        order.map_err(|failure| failure.to_string())
    })?;
    Ok(order)
}

/// What makes containers hang until this is dropped: the store's runtime stands still as in a deadlock while its clients of
/// Kafka go on, and of the others the whole process is stopped.
#[derive(Default)]
struct Faults {
    threads: StoppedThreads,
    processes: StoppedProcesses,
}

impl Faults {
    fn add(&mut self, container: &Container) -> Result<(), Failed> {
        let process = container.first_process()?;
        if container.name == Service::Store.name() {
            self.threads.stop(&process, RUNTIME)
        } else {
            self.processes.stop(&process)
        }
    }
}

/// A gateway that has as many connections as it takes gets no customers, and gets them again when it has room. Connections on
/// which nothing comes end by themselves, too soon for a restart: one that is full of requests which never end would get it.
pub(crate) fn a_gateway_full_of_connections_is_not_ready_until_it_has_room(
    world: &World,
) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let gateway = only_container(kubectl, Service::Gateway.name())?;
    let connections = SilentConnections::open(&gateway.first_process()?, Service::Gateway.port())?;
    let until_ready = |ready: bool, limit: Duration| {
        let since = Instant::now();
        wait::until(&format!("the gateway's readiness to be {ready}"), limit, || {
            let pods = pods(kubectl, OF_PLATFORM).map_err(|failure| failure.to_string())?;
            if gateway.is_ready_in(&pods) == ready {
                return Ok(since.elapsed().as_secs());
            }
            Err(format!("{}: {}", gateway.pod, !ready))
        })
    };
    let full = until_ready(false, NOT_READY)?;
    drop(connections);
    let empty = until_ready(true, READY_AGAIN)?;
    println!("not ready {full} s after the connections came, ready {empty} s after they went");
    if gateway.restarted_in(&pods(kubectl, OF_PLATFORM)?) {
        return Err(format!("{} was restarted", gateway.pod).into());
    }
    accepted_order(world).map(drop)
}

fn hang(world: &World, parts: &[&str]) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let mut waiting = containers(kubectl, parts)?;
    let mut faults = Faults::default();
    for container in &waiting {
        faults.add(container)?;
    }
    let since = Instant::now();
    wait::until("a restart of every container that hangs", RESTARTED, || {
        faults.threads.let_the_dead_go();
        let pods = pods(kubectl, OF_PLATFORM).map_err(|failure| failure.to_string())?;
        waiting.retain(|container| {
            let restarted = container.is_gone_from(&pods) || container.restarted_in(&pods);
            if restarted {
                println!(
                    "{} of {} was restarted after {} s, its bound is {} s",
                    container.name,
                    container.pod,
                    since.elapsed().as_secs(),
                    container.bound.as_secs()
                );
            }
            !restarted
        });
        match waiting.first() {
            None => Ok(()),
            Some(one) => Err(format!("{} still hang, such as {}", waiting.len(), one.pod)),
        }
    })?;
    println!(
        "all of {parts:?} were restarted after {} s",
        since.elapsed().as_secs()
    );
    let left = RESTARTED.saturating_sub(since.elapsed());
    install::wait_until_ready(kubectl, left, &mut |_| {})?;
    println!(
        "the platform is Ready again after {} s",
        since.elapsed().as_secs()
    );
    Ok(())
}

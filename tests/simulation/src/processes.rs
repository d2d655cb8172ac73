//! Starts the processes of a world, and kills and restarts them according to its plan.

use crate::endpoint::Service;
use crate::engine::{OUTSIDE, ProcessId, lock};
use crate::plan::{FaultKind, Kind};
use crate::world::World;
use crate::{consumer, relay, services};
use std::sync::Arc;
use std::time::Duration;

/// Starts all processes of `world` and schedules its faults.
pub fn start(world: &Arc<World>) {
    for (service, count) in world.plan.replicas.clone() {
        for replica in 0..count {
            boot(world, service, replica);
        }
    }
    schedule_faults(world);
}

/// Runs everything until `time`.
pub fn run_until(world: &Arc<World>, time: Duration) {
    world.engine.run_until(time, |process| died(world, process));
}

/// Starts a process.
fn boot(world: &Arc<World>, service: Service, replica: u8) {
    let process = world.add_process(service, replica);
    let parts = services::wire(world, service, replica, process);
    world.set_app(process, parts.app);
    let (consumes, relays) = (world.clone(), world.clone());
    world
        .engine
        .spawn(process, consumer::run(consumes, service, process, parts.effects));
    let connection = world.connection(service);
    world
        .engine
        .spawn(process, relay::run(relays, service, connection, process));
    world
        .engine
        .note(|| format!("{} {replica} starts", service.name()));
}

fn died(world: &Arc<World>, process: ProcessId) {
    let Some((service, replica, memory)) = world.end_process(process) else {
        return;
    };
    // The process loses its memory.
    drop(memory);
    world.injector.count(Kind::Crash);
    world.engine.note(|| format!("{} {replica} dies", service.name()));
    let back = back_after(world, service, replica);
    let noticing = world.clone();
    // First the database detects the death, then the broker; the process may be restarted before, between or after.
    world.engine.spawn(OUTSIDE, async move {
        noticing.engine.sleep_between(0, 1_500_000).await;
        relay::release(&mut lock(&noticing.connection(service).log), process);
        noticing.engine.sleep_between(0, 6_000_000).await;
        noticing.broker.leave(service, process);
    });
    let restarting = world.clone();
    world.engine.spawn(OUTSIDE, async move {
        restarting.engine.sleep(back).await;
        boot(&restarting, service, replica);
    });
}

fn back_after(world: &World, service: Service, replica: u8) -> Duration {
    let now = world.engine.now();
    let planned = world.plan.faults.values().find_map(|fault| match fault.kind {
        FaultKind::Crash(of, number, _) if (of, number) == (service, replica) && fault.from <= now => {
            Some(fault.lasts)
        }
        _ => None,
    });
    planned.unwrap_or(Duration::from_millis(500))
}

/// Schedules faults without a duration; the fault injector handles the others.
fn schedule_faults(world: &Arc<World>) {
    for fault in world.plan.faults.values().cloned() {
        let faulty = world.clone();
        world.engine.spawn(OUTSIDE, async move {
            faulty.engine.sleep(fault.from).await;
            faulty.engine.note(|| format!("FAULT {fault}"));
            match fault.kind {
                FaultKind::Crash(service, replica, steps) => {
                    if let Some(process) = faulty.process(service, replica) {
                        faulty.engine.kill_after(process, steps);
                    }
                }
                FaultKind::Rebalance(service) => {
                    let shared = faulty.broker.rebalance(service);
                    if shared {
                        faulty.injector.count(Kind::Rebalance);
                    }
                }
                FaultKind::StolenLock(service) => lock(&faulty.connection(service).log).relay = None,
                _ => {}
            }
        });
    }
}

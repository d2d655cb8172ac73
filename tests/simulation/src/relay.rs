//! The relay of one process: publishes what its service's outbox holds, while it has the lock.
//!
//! It does what the kit's relay does, on simulated parts: one at a time per service, in the order of the outbox,
//! forgetting what is published, looking anyway each second.

use crate::database::{Connection, Log, NoAnswer};
use crate::engine::{ProcessId, lock};
use crate::place::{Place, Service};
use crate::world::{Bug, World};
use fdp_kit::Incoming;
use std::sync::Arc;
use std::time::Duration;

const LOOK_ANYWAY: Duration = Duration::from_secs(1);
const TAKE_OVER: Duration = Duration::from_secs(1);
/// The broker is asked for as long as it takes.
const BROKER_AWAY: Duration = Duration::from_millis(50);

/// Relays whenever it can, until the process dies.
pub async fn run(world: Arc<World>, service: Service, connection: Connection, process: ProcessId) {
    let Some(topic) = service.publishes() else { return };
    loop {
        let relay = Relay {
            world: &world,
            service,
            topic,
            connection: &connection,
            process,
        };
        if let Err(NoAnswer) = relay.lead().await {
            // The lock went with the connection, as soon as the database noticed.
            let (engine, log) = (world.engine.clone(), connection.log.clone());
            world.engine.spawn(crate::engine::OUTSIDE, async move {
                engine.sleep_between(0, 1_000_000).await;
                release(&mut lock(&log), process);
            });
        }
        world.engine.sleep(TAKE_OVER).await;
    }
}

/// Gives the lock back, if `process` has it.
pub fn release(log: &mut Log, process: ProcessId) {
    if log.relay == Some(process) {
        log.relay = None;
    }
}

struct Relay<'a> {
    world: &'a World,
    service: Service,
    topic: &'static str,
    connection: &'a Connection,
    process: ProcessId,
}

impl Relay<'_> {
    /// Relays for as long as this process has the lock.
    async fn lead(&self) -> Result<(), NoAnswer> {
        let process = self.process;
        let leads = |log: &mut Log| *log.relay.get_or_insert(process) == process;
        if !self.connection.transact(leads).await? {
            return Ok(());
        }
        loop {
            let most = self.world.engine.draw(|random| random.index(8) + 1);
            let oldest = |log: &mut Log| {
                let batch = log.outbox.iter().take(most).cloned().collect::<Vec<_>>();
                (log.relay == Some(process)).then_some(batch)
            };
            let Some(batch) = self.connection.transact(oldest).await? else {
                return Ok(());
            };
            if batch.is_empty() {
                let woken = self.connection.announced.wait();
                self.world.engine.within(LOOK_ANYWAY, woken).await;
                continue;
            }
            self.publish(&batch).await;
            let forget = |log: &mut Log| {
                if log.relay != Some(process) {
                    return false;
                }
                log.outbox
                    .retain(|(sequence, _)| batch.iter().all(|(published, _)| published != sequence));
                true
            };
            if !self.connection.transact(forget).await? {
                return Ok(());
            }
        }
    }

    async fn publish(&self, batch: &[(u64, Arc<Incoming>)]) {
        let mut events: Vec<&Arc<Incoming>> = batch.iter().map(|(_, event)| event).collect();
        if self.world.bug == Some(Bug::RelayTurnsAround) {
            events.reverse();
        }
        for event in events {
            while !self
                .world
                .weather
                .passes(Place::Service(self.service), Place::Broker)
            {
                self.world.engine.sleep(BROKER_AWAY).await;
            }
            self.world.engine.sleep_between(20, 300).await;
            self.world
                .engine
                .note(|| format!("{} publishes {}", self.service.name(), self.world.words(event)));
            self.world.broker.publish(self.topic, event.clone());
        }
        self.world.engine.sleep_between(50, 500).await;
    }
}

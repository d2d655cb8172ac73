//! The relay of one process: publishes the events in its service's outbox while it holds the lock.
//!
//! It works like the kit's relay, on simulated parts: one relay at a time per service, in the order of the outbox,
//! with published events deleted, and with a poll each second. When the broker does not acknowledge an event, the
//! relay restarts and publishes the whole batch again.

use crate::bug::Bug;
use crate::database::{Connection, Log, NoAnswer};
use crate::endpoint::{Endpoint, Service};
use crate::engine::{ProcessId, lock};
use crate::plan::Kind;
use crate::world::World;
use fdp_messaging::Incoming;
use std::sync::Arc;
use std::time::Duration;

const LOOK_ANYWAY: Duration = Duration::from_secs(1);
const TAKE_OVER: Duration = Duration::from_secs(1);
/// The delay before a retry while the broker is unavailable.
const BROKER_AWAY: Duration = Duration::from_millis(50);

/// Relays whenever possible, until the process is killed.
pub async fn run(world: Arc<World>, service: Service, connection: Connection, process: ProcessId) {
    // Announcements of stores, on a topic of their own, are none of the saga.
    let Some(topic) = service.topics().first() else {
        return;
    };
    loop {
        let relay = Relay {
            world: &world,
            service,
            topic,
            connection: &connection,
            process,
        };
        if let Err(Stopped) = relay.lead().await {
            // The lock is released with the connection, as soon as the database notices.
            let (engine, log) = (world.engine.clone(), connection.log.clone());
            world.engine.spawn(crate::engine::OUTSIDE, async move {
                engine.sleep_between(0, 1_000_000).await;
                release(&mut lock(&log), process);
            });
        }
        world.engine.sleep(TAKE_OVER).await;
    }
}

/// Releases the lock, if `process` holds it.
pub fn release(log: &mut Log, process: ProcessId) {
    if log.relay == Some(process) {
        log.relay = None;
    }
}

/// The database did not respond, or the broker did not acknowledge.
struct Stopped;

impl From<NoAnswer> for Stopped {
    fn from(NoAnswer: NoAnswer) -> Self {
        Self
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
    /// Relays while this process holds the lock.
    async fn lead(&self) -> Result<(), Stopped> {
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
                self.world.injector.count(Kind::StolenLock);
                return Ok(());
            };
            if batch.is_empty() {
                let woken = self.connection.announced.wait();
                self.world.engine.within(LOOK_ANYWAY, woken).await;
                continue;
            }
            let forgets_anyway = self.world.bug == Some(Bug::RelayForgetsUnacknowledged);
            if let Err(stopped) = self.publish(&batch).await
                && !forgets_anyway
            {
                return Err(stopped);
            }
            let forget = |log: &mut Log| {
                if log.relay != Some(process) {
                    return false;
                }
                log.outbox
                    .retain(|(sequence, _)| batch.iter().all(|(published, _)| published != sequence));
                true
            };
            if !self.connection.transact(forget).await? {
                self.world.injector.count(Kind::StolenLock);
                return Ok(());
            }
        }
    }

    /// Publishes events sequentially, until the first that is not acknowledged.
    async fn publish(&self, batch: &[(u64, Arc<Incoming>)]) -> Result<(), Stopped> {
        let mut events: Vec<&Arc<Incoming>> = batch.iter().map(|(_, event)| event).collect();
        if self.world.bug == Some(Bug::RelayTurnsAround) {
            events.reverse();
        }
        for event in events {
            while !self
                .world
                .injector
                .passes(Endpoint::Service(self.service), Endpoint::Broker)
            {
                self.world.engine.sleep(BROKER_AWAY).await;
            }
            self.world.engine.sleep_between(20, 300).await;
            let lost = self.world.injector.loses_acknowledgement();
            if !lost || self.world.engine.draw(|random| random.chance(500)) {
                self.note("publishes", event);
                self.world.broker.publish(self.topic, event.clone());
            }
            if lost {
                self.note("gets no acknowledgement of", event);
                self.world.injector.count(Kind::LostAcknowledgements);
                return Err(Stopped);
            }
        }
        self.world.engine.sleep_between(50, 500).await;
        Ok(())
    }

    fn note(&self, does: &str, event: &Incoming) {
        self.world
            .engine
            .note(|| format!("{} {does} {}", self.service.name(), self.world.words(event)));
    }
}

//! The consumer of one process: reads events in batches, handles them, and only then commits the offsets, like the
//! kit's consumer, but with a simulated broker.

use crate::broker::{Partition, Share};
use crate::bug::Bug;
use crate::endpoint::Service;
use crate::engine::{ProcessId, lock};
use crate::world::World;
use fdp_messaging::{Effects, HandleError, Incoming};
use std::collections::btree_map::Iter;
use std::sync::Arc;
use std::time::Duration;

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
const NOTHING_FLOWS: Duration = Duration::from_millis(50);
const IDLE: Duration = Duration::from_secs(1);

/// Consumes until the process is killed.
pub async fn run(world: Arc<World>, service: Service, process: ProcessId, effects: Arc<dyn Effects>) {
    world.engine.sleep_between(1_000, 50_000).await;
    let news = world.broker.join(service, process);
    let consumer = Consumer {
        world: &world,
        service,
        effects: effects.as_ref(),
    };
    loop {
        let mut share = world.broker.share(service, process);
        while world.broker.generation(service) == share.generation {
            let before = share.partitions.clone();
            let batch = consumer.fetch(&mut share);
            if batch.is_empty() && before != share.partitions {
                // No event in it concerns this service.
                continue;
            }
            if batch.is_empty() {
                // Offsets are only committed sometimes; after a crash, events since the last commit are read again.
                world.broker.commit(service, share.generation, &share.partitions);
                let waiting = consumer.something_waits(&share);
                let pause = if waiting { NOTHING_FLOWS } else { IDLE };
                world.engine.within(pause, news.wait()).await;
                continue;
            }
            if world.bug == Some(Bug::ReadBeforeDone) {
                world.broker.commit(service, share.generation, &share.partitions);
            }
            world.engine.sleep_between(100, 3_000).await;
            consumer.process_batch(&batch).await;
            if world.engine.draw(|random| random.chance(300)) {
                world.broker.commit(service, share.generation, &share.partitions);
            }
        }
        // The previous owner of a partition notices the reassignment a little later than the new one.
        world.engine.sleep_between(100, 20_000).await;
    }
}

struct Consumer<'a> {
    world: &'a World,
    service: Service,
    effects: &'a dyn Effects,
}

impl Consumer<'_> {
    /// Some of the available events: in order within each partition, the partitions in random order, and some of them
    /// omitted.
    fn fetch(&self, share: &mut Share) -> Vec<Incoming> {
        let mut order: Vec<Partition> = share.partitions.keys().copied().collect();
        let mut batch = Vec::new();
        while !order.is_empty() {
            let (next, skip, most) = self
                .world
                .engine
                .draw(|random| (random.index(order.len()), random.chance(250), random.index(6) + 1));
            let partition = order.swap_remove(next);
            if skip || !self.world.injector.flows(self.service, partition.0) {
                continue;
            }
            if let Some(offset) = share.partitions.get_mut(&partition) {
                let events = self.world.broker.read(partition, *offset, most);
                *offset += events.len();
                let concern = events
                    .iter()
                    .filter(|event| self.effects.concerns(&event.envelope.kind));
                batch.extend(concern.map(|event| Incoming::clone(event)));
            }
        }
        batch
    }

    fn something_waits(&self, share: &Share) -> bool {
        let mut partitions: Iter<'_, Partition, usize> = share.partitions.iter();
        partitions.any(|(partition, offset)| !self.world.broker.read(*partition, *offset, 1).is_empty())
    }

    /// Retries until all of them have been handled.
    async fn process_batch(&self, batch: &[Incoming]) {
        let mut pause = FIRST_RETRY;
        loop {
            match self.effects.apply(batch).await {
                Ok(before) => {
                    self.world.engine.note(|| {
                        let events: Vec<String> = batch.iter().map(|event| self.world.words(event)).collect();
                        format!(
                            "{} hears {} ({before} heard before)",
                            self.service.name(),
                            events.join(", ")
                        )
                    });
                    return;
                }
                Err(HandleError::Transient(_)) => {
                    self.world.engine.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_RETRY);
                }
                Err(HandleError::Permanent(reason)) => {
                    lock(&self.world.failures)
                        .push(format!("{} buried an event: {reason}", self.service.name()));
                    return;
                }
            }
        }
    }
}

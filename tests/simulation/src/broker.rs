//! A simulated broker: topics with partitions by key, and consumer groups with their committed offsets.

use crate::endpoint::Service;
use crate::engine::{ProcessId, Signal, lock};
use fdp_messaging::Incoming;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const PARTITIONS: usize = 3;

pub type Partition = (&'static str, usize);

/// The broker of one history.
#[derive(Default)]
pub struct Broker(Mutex<State>);

#[derive(Default)]
struct State {
    partitions: BTreeMap<Partition, Vec<Arc<Incoming>>>,
    groups: BTreeMap<Service, Group>,
    /// The order in which keys were first used. A hash of the key would differ between runs, because ids do.
    keys: BTreeMap<String, usize>,
}

#[derive(Default)]
struct Group {
    /// Increases with each change of members.
    generation: u64,
    members: BTreeMap<ProcessId, Signal>,
    committed: BTreeMap<Partition, usize>,
}

/// The partitions that a member of a group has to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// The group's generation in which they were assigned.
    pub generation: u64,
    /// Its partitions, each with the offset up to which the group has read.
    pub partitions: BTreeMap<Partition, usize>,
}

impl Broker {
    pub fn publish(&self, topic: &'static str, event: Arc<Incoming>) {
        let mut state = lock(&self.0);
        let next = state.keys.len();
        let number = *state.keys.entry(event.envelope.subject.clone()).or_insert(next);
        // Keys that were created one after another should not get adjacent partitions.
        let partition = (topic, (number * 7 + topic.len()) % PARTITIONS);
        state.partitions.entry(partition).or_default().push(event);
        let wake: Vec<Signal> = state
            .groups
            .iter()
            .filter(|(service, _)| service.consumes().contains(&topic))
            .flat_map(|(_, group)| group.members.values().cloned())
            .collect();
        drop(state);
        wake.iter().for_each(Signal::raise);
    }

    /// Adds a member to a group, and reassigns the partitions. The signal is raised when there is something to read.
    pub fn join(&self, group: Service, member: ProcessId) -> Signal {
        let signal = Signal::default();
        self.change(group, |group| {
            group.members.insert(member, signal.clone());
        });
        signal
    }

    /// Removes a member, if it is in the group.
    pub fn leave(&self, group: Service, member: ProcessId) {
        self.change(group, |group| {
            group.members.remove(&member);
        });
    }

    /// Reassigns a group's partitions; returns whether the group has any member.
    pub fn rebalance(&self, group: Service) -> bool {
        self.change(group, |_| {}) > 0
    }

    /// Changes a group and wakes its members; returns their number.
    fn change(&self, group: Service, change: impl FnOnce(&mut Group)) -> usize {
        let mut state = lock(&self.0);
        let group = state.groups.entry(group).or_default();
        change(group);
        group.generation += 1;
        let wake: Vec<Signal> = group.members.values().cloned().collect();
        drop(state);
        wake.iter().for_each(Signal::raise);
        wake.len()
    }

    /// The partitions that `member` has to read now.
    pub fn share(&self, service: Service, member: ProcessId) -> Share {
        let state = lock(&self.0);
        let Some(group) = state.groups.get(&service) else {
            return Share::default();
        };
        let Some(place) = group.members.keys().position(|id| *id == member) else {
            return Share::default();
        };
        let all = service
            .consumes()
            .iter()
            .flat_map(|topic| (0..PARTITIONS).map(move |partition| (*topic, partition)));
        // The assignment depends on the generation, so that partitions move between members.
        let turn = usize::try_from(group.generation).unwrap_or_default();
        let mine = all
            .enumerate()
            .filter(|(index, _)| (index + turn) % group.members.len() == place)
            .map(|(_, partition)| {
                (
                    partition,
                    group.committed.get(&partition).copied().unwrap_or_default(),
                )
            });
        Share {
            generation: group.generation,
            partitions: mine.collect(),
        }
    }

    pub fn generation(&self, service: Service) -> u64 {
        lock(&self.0)
            .groups
            .get(&service)
            .map_or(0, |group| group.generation)
    }

    /// At most `most` events of a partition from `offset` on.
    pub fn read(&self, partition: Partition, offset: usize, most: usize) -> Vec<Arc<Incoming>> {
        let state = lock(&self.0);
        let events = state.partitions.get(&partition).map_or(&[][..], Vec::as_slice);
        events.iter().skip(offset).take(most).cloned().collect()
    }

    /// Commits a group's offsets; a member with an older generation is ignored.
    pub fn commit(&self, service: Service, generation: u64, offsets: &BTreeMap<Partition, usize>) {
        let mut state = lock(&self.0);
        if let Some(group) = state.groups.get_mut(&service)
            && group.generation == generation
        {
            group.committed.extend(offsets);
        }
    }

    /// How many events a group has not read.
    pub fn lag(&self, service: Service) -> usize {
        let state = lock(&self.0);
        let committed = state.groups.get(&service).map(|group| &group.committed);
        let unread = |(partition, events): (&Partition, &Vec<Arc<Incoming>>)| {
            let read = committed.and_then(|committed| committed.get(partition)).copied();
            events.len().saturating_sub(read.unwrap_or_default())
        };
        let partitions = state.partitions.iter();
        partitions
            .filter(|((topic, _), _)| service.consumes().contains(topic))
            .map(unread)
            .sum()
    }

    /// All events of a topic, in the order of each partition.
    pub fn records(&self, topic: &str) -> Vec<Arc<Incoming>> {
        let state = lock(&self.0);
        let partitions = state.partitions.iter();
        partitions
            .filter(|((of, _), _)| *of == topic)
            .flat_map(|(_, events)| events.iter().cloned())
            .collect()
    }
}

//! How far consumer groups have read: where they are in the old Kafka, and where they go on in the new one.

use crate::mirror::error::{MirrorError, Side};
use crate::mirror::partition::Layout;
use fdp_messaging::kafka::{self, Cluster};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

/// The next offset that a group reads in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) next: i64,
}

/// The positions of a group, without joining it.
pub(crate) struct Group {
    consumer: BaseConsumer,
    cluster: Cluster,
    side: Side,
    name: String,
}

impl Group {
    pub(crate) fn new(cluster: &Cluster, side: Side, name: &str) -> Result<Self, MirrorError> {
        let consumer = kafka::client(cluster, "mirror")
            .set("group.id", cluster.name_there(name))
            .set("enable.auto.commit", "false")
            .create()
            .map_err(MirrorError::kafka(side, "making a client for the group", name))?;
        Ok(Self {
            consumer,
            cluster: cluster.clone(),
            side,
            name: name.to_owned(),
        })
    }

    /// Where the group is in these topics, each with its number of partitions.
    pub(crate) fn read(&self, topics: &BTreeMap<String, usize>) -> Result<Vec<Position>, MirrorError> {
        let mut asked = TopicPartitionList::new();
        for (topic, count) in topics {
            let last = i32::try_from(*count).unwrap_or(i32::MAX) - 1;
            asked.add_partition_range(&self.cluster.name_there(topic), 0, last);
        }
        let known = self
            .consumer
            .committed_offsets(asked, TIMEOUT)
            .map_err(MirrorError::kafka(
                self.side,
                "asking how far has read the group",
                &self.name,
            ))?;
        Ok(known
            .elements()
            .iter()
            .filter_map(|place| match place.offset() {
                Offset::Offset(next) => Some(Position {
                    topic: self.cluster.name_here(place.topic()).to_owned(),
                    partition: place.partition(),
                    next,
                }),
                _ => None,
            })
            .collect())
    }

    /// Writes down where the group goes on.
    pub(super) fn write(&self, positions: &[Position]) -> Result<(), MirrorError> {
        let mut places = TopicPartitionList::new();
        for position in positions {
            let topic = self.cluster.name_there(&position.topic);
            places
                .add_partition_offset(&topic, position.partition, Offset::Offset(position.next))
                .map_err(MirrorError::kafka(self.side, "placing the group", &self.name))?;
        }
        self.consumer
            .commit(&places, CommitMode::Sync)
            .map_err(MirrorError::kafka(self.side, "placing the group", &self.name))
    }
}

/// Where positions of the old topic are in the new one, found while its messages go by.
#[derive(Debug, Default)]
pub(super) struct Places {
    asked: BTreeMap<(i32, i64), Option<i64>>,
}

impl Places {
    pub(super) fn of<'p>(positions: impl Iterator<Item = &'p Position>) -> Self {
        let asked = positions.map(|position| ((position.partition, position.next), None));
        Self {
            asked: asked.collect(),
        }
    }

    /// A message of the old partition, at `old`, is at `new` in its counterpart.
    pub(super) fn note(&mut self, partition: i32, old: i64, new: i64) {
        for (_, place) in self.asked.range_mut((partition, i64::MIN)..=(partition, old)) {
            *place = Some(place.map_or(new, |first| first.min(new)));
        }
    }

    /// Where a group goes on that was at `next`; `end` if it had read everything.
    pub(super) fn find(&self, partition: i32, next: i64, end: i64) -> i64 {
        self.asked
            .get(&(partition, next))
            .copied()
            .flatten()
            .unwrap_or(end)
    }
}

/// How many messages of a topic a group has not read, if it reads that topic at all. `ends` are the offsets between which each
/// partition has messages.
pub(super) fn unread(positions: &[&Position], ends: &[(i64, i64)]) -> i64 {
    if positions.is_empty() {
        return 0;
    }
    (0..)
        .zip(ends)
        .map(|(partition, (start, end))| {
            let known = positions.iter().find(|position| position.partition == partition);
            let next = known.map_or(*start, |position| position.next.max(*start));
            (end - next).max(0)
        })
        .sum()
}

/// Where a group goes on in a topic whose messages are copied.
pub(super) fn continued(
    positions: &[&Position],
    layout: Layout,
    places: &Places,
    ends: &[i64],
) -> Vec<Position> {
    let Some(first) = positions.first() else {
        return Vec::new();
    };
    let at = |partition: i32, next: i64| Position {
        topic: first.topic.clone(),
        partition,
        next,
    };
    let partitions = (0..).zip(ends);
    if !layout.is_same() {
        // It has read everything.
        return partitions.map(|(partition, end)| at(partition, *end)).collect();
    }
    partitions
        .filter_map(|(partition, end)| {
            let known = positions
                .iter()
                .find(|position| position.partition == partition)?;
            Some(at(partition, places.find(partition, known.next, *end)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(partition: i32, next: i64) -> Position {
        Position {
            topic: "fooddelivery.order".to_owned(),
            partition,
            next,
        }
    }

    #[test]
    fn a_group_goes_on_with_the_first_message_that_it_has_not_read() {
        let positions = [at(0, 12), at(1, 40)];
        let mut places = Places::of(positions.iter());
        // Offset 12 is gone: 11 was the last before it.
        for (partition, old, new) in [(0, 11, 0), (0, 13, 1), (0, 14, 2), (1, 39, 0)] {
            places.note(partition, old, new);
        }
        let layout = Layout { old: 2, new: 2 };
        let asked: Vec<&Position> = positions.iter().collect();
        assert_eq!(continued(&asked, layout, &places, &[3, 1]), [at(0, 1), at(1, 1)]);
        assert_eq!(
            continued(&[], layout, &places, &[3, 1]),
            [],
            "it has never read it"
        );
    }

    #[test]
    fn in_other_partitions_a_group_that_has_read_everything_goes_on_at_the_end() {
        let layout = Layout { old: 2, new: 3 };
        let (read, ends) = ([at(0, 12), at(1, 40)], [(0, 12), (0, 40)]);
        let asked: Vec<&Position> = read.iter().collect();
        assert_eq!(unread(&asked, &ends), 0);
        let places = Places::default();
        assert_eq!(
            continued(&asked, layout, &places, &[5, 0, 9]),
            [at(0, 5), at(1, 0), at(2, 9)]
        );
    }

    #[test]
    fn what_a_group_has_not_read_is_counted_over_all_partitions() {
        let (read, ends) = ([at(0, 10)], [(0, 12), (5, 40)]);
        let asked: Vec<&Position> = read.iter().collect();
        assert_eq!(
            unread(&asked, &ends),
            37,
            "a partition without a place is read from its start"
        );
        assert_eq!(unread(&[], &ends), 0, "it does not read that topic");
    }
}

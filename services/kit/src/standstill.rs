//! Notices a consumer that stands still though messages wait for it.
//!
//! A Kafka client can lose sight of a partition when its broker restarts, and then reads nothing of it until the client is
//! made anew (<https://github.com/confluentinc/librdkafka/issues/5153>). What such a client says of its own lag is no
//! help, so the broker is asked now and then where each partition ends.

use crate::kafka::EventConsumer;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::Offset;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often to look.
pub(crate) const LOOK: Duration = Duration::from_secs(10);
/// In how many looks, one after the other, messages must have waited untouched. Behind a long backlog of another
/// partition some wait for one or two.
const LOOKS: u32 = 3;
/// How long the broker may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// How far a partition is read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    topic: String,
    partition: i32,
    /// The offset that is read next.
    next: i64,
    /// The offset that the next message will get.
    end: i64,
}

/// What earlier looks saw.
#[derive(Debug, Default)]
struct Standstill {
    /// By partition: the offset that was to be read next, and in how many looks it was.
    waited: BTreeMap<(String, i32), (i64, u32)>,
}

impl Standstill {
    /// Takes in how far each partition is read, and names those that are not read any more.
    fn look(&mut self, places: Vec<Place>) -> Vec<String> {
        let before = std::mem::take(&mut self.waited);
        for Place {
            topic,
            partition,
            next,
            end,
        } in places
        {
            if next >= end {
                continue;
            }
            let key = (topic, partition);
            let looks = match before.get(&key) {
                Some((same, looks)) if *same == next => looks + 1,
                _ => 1,
            };
            self.waited.insert(key, (next, looks));
        }
        self.waited
            .iter()
            .filter(|(_, (_, looks))| *looks >= LOOKS)
            .map(|((topic, partition), (next, _))| format!("{topic}/{partition} at {next}"))
            .collect()
    }

    /// Forgets earlier looks: what lies between them and the next one says nothing about the consumer.
    fn forget(&mut self) {
        self.waited.clear();
    }
}

/// Looks at one consumer now and then, while it goes on receiving.
pub(crate) struct Watch {
    consumer: Arc<EventConsumer>,
    times: Interval,
    under_way: Option<JoinHandle<KafkaResult<Vec<Place>>>>,
    standstill: Standstill,
}

impl Watch {
    /// Looks at `consumer` once in `every`.
    pub(crate) fn new(consumer: Arc<EventConsumer>, every: Duration) -> Self {
        let mut times = interval(every);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            consumer,
            times,
            under_way: None,
            standstill: Standstill::default(),
        }
    }

    /// Waits until partitions stand still, and names them. While the broker is away, none does.
    ///
    /// Cancel safe: the next call goes on with the look that is under way.
    pub(crate) async fn standing_still(&mut self) -> Vec<String> {
        loop {
            let Some(look) = &mut self.under_way else {
                self.times.tick().await;
                let consumer = Arc::clone(&self.consumer);
                self.under_way = Some(spawn_blocking(move || places(&consumer)));
                continue;
            };
            let looked = look.await;
            self.under_way = None;
            let Ok(Ok(places)) = looked else {
                self.standstill.forget();
                continue;
            };
            let partitions = self.standstill.look(places);
            if !partitions.is_empty() {
                return partitions;
            }
        }
    }
}

/// How far each partition is read that `consumer` has at the moment. Blocks until the broker has answered.
///
/// # Errors
/// When the broker does not answer.
fn places(consumer: &EventConsumer) -> KafkaResult<Vec<Place>> {
    let positions = consumer.position()?;
    let mut begun: Option<TopicPartitionList> = None;
    let mut places = Vec::new();
    for position in positions.elements() {
        let (topic, partition) = (position.topic(), position.partition());
        let (first, end) = consumer.fetch_watermarks(topic, partition, ANSWER)?;
        let next = if let Offset::Offset(next) = position.offset() {
            next
        } else {
            // Nothing was read of it yet: it begins where others have left off.
            let committed = match &begun {
                Some(committed) => committed,
                None => begun.insert(consumer.committed(ANSWER)?),
            };
            match committed
                .find_partition(topic, partition)
                .map(|found| found.offset())
            {
                Some(Offset::Offset(next)) => next,
                _ => first,
            }
        };
        places.push(Place {
            topic: topic.to_owned(),
            partition,
            next,
            end,
        });
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(partition: i32, next: i64, end: i64) -> Place {
        Place {
            topic: "fooddelivery.order".to_owned(),
            partition,
            next,
            end,
        }
    }

    #[test]
    fn a_partition_whose_messages_nobody_touches_stands_still_from_the_third_look_on() {
        let mut standstill = Standstill::default();
        assert!(standstill.look(vec![place(0, 7, 9), place(1, 4, 4)]).is_empty());
        assert!(standstill.look(vec![place(0, 7, 12), place(1, 4, 4)]).is_empty());
        assert_eq!(
            standstill.look(vec![place(0, 7, 12), place(1, 4, 4)]),
            ["fooddelivery.order/0 at 7"]
        );
    }

    #[test]
    fn one_that_is_read_however_slowly_or_went_to_another_replica_does_not() {
        let mut standstill = Standstill::default();
        for next in 0..10 {
            assert!(standstill.look(vec![place(0, next, 100)]).is_empty());
        }
        standstill.look(vec![place(0, 9, 100)]);
        assert!(standstill.look(Vec::new()).is_empty());
        assert!(standstill.look(vec![place(0, 9, 100)]).is_empty());
    }

    #[test]
    fn looks_before_an_outage_do_not_count() {
        let mut standstill = Standstill::default();
        standstill.look(vec![place(0, 7, 9)]);
        standstill.look(vec![place(0, 7, 9)]);
        standstill.forget();
        assert!(standstill.look(vec![place(0, 7, 9)]).is_empty());
    }
}

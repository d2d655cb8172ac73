//! Detects a consumer that reads nothing although messages are waiting, or that does not find the way back to its group.
//!
//! After a broker restarts, a Kafka client can stop reading a partition until the client is created again
//! (<https://github.com/confluentinc/librdkafka/issues/5153>). The lag that such a client reports is wrong, so the end
//! offset of each partition is fetched from the broker from time to time.

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

/// How often the positions are checked.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// In how many consecutive checks messages must have been waiting. During a long backlog of another partition, some
/// wait for one or two checks. Also how many checks in a row may get no answer: a thread of the client that hangs gets none, though
/// another one still tells the group that its member lives.
const STUCK_AFTER: u32 = 3;
/// How long the broker may take to answer.
const BROKER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a consumer may be outside its group. Members that die hold the others up for ten seconds, one after the other.
const OUTSIDE_TOO_LONG: Duration = Duration::from_secs(30);

/// The position of the consumer in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    topic: String,
    partition: i32,
    /// The offset that is read next.
    next: i64,
    /// The offset that the next message will get.
    end: i64,
}

/// The results of earlier checks.
#[derive(Debug, Default)]
struct History {
    /// By partition: the offset to be read next, and in how many checks it was the same.
    waited: BTreeMap<(String, i32), (i64, u32)>,
    /// How many checks in a row have got no answer.
    unanswered: u32,
}

impl History {
    /// Adds the current position of each partition, and returns the partitions that are stuck.
    fn check(&mut self, positions: Vec<Position>) -> Vec<String> {
        self.unanswered = 0;
        let before = std::mem::take(&mut self.waited);
        for Position {
            topic,
            partition,
            next,
            end,
        } in positions
        {
            if next >= end {
                continue;
            }
            let key = (topic, partition);
            let checks = match before.get(&key) {
                Some((same, checks)) if *same == next => checks + 1,
                _ => 1,
            };
            self.waited.insert(key, (next, checks));
        }
        self.waited
            .iter()
            .filter(|(_, (_, checks))| *checks >= STUCK_AFTER)
            .map(|((topic, partition), (next, _))| format!("{topic}/{partition} at {next}"))
            .collect()
    }

    /// Adds a check that got no answer, and returns whether that was one too many. Earlier checks do not count any more, as
    /// there is a gap after them.
    fn no_answer(&mut self) -> bool {
        self.waited.clear();
        self.unanswered += 1;
        self.unanswered >= STUCK_AFTER
    }
}

/// Checks one consumer periodically, while it keeps receiving.
pub(crate) struct Watch {
    consumer: Arc<EventConsumer>,
    times: Interval,
    under_way: Option<JoinHandle<KafkaResult<Vec<Position>>>>,
    history: History,
}

impl Watch {
    /// Checks `consumer` once per `every`.
    pub(crate) fn new(consumer: Arc<EventConsumer>, every: Duration) -> Self {
        let mut times = interval(every);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            consumer,
            times,
            under_way: None,
            history: History::default(),
        }
    }

    /// Waits until the client has to be made anew, and returns why: partitions are stuck, or it has been outside its group for
    /// long, as it is while the broker is unavailable.
    ///
    /// Cancel safe: the next call continues the check in progress.
    pub(crate) async fn stuck(&mut self) -> String {
        loop {
            let Some(check) = &mut self.under_way else {
                self.times.tick().await;
                let outside = self.consumer.context().outside_for();
                if outside >= OUTSIDE_TOO_LONG {
                    return format!(
                        "it has not been a member of its group for {} s",
                        outside.as_secs()
                    );
                }
                let consumer = Arc::clone(&self.consumer);
                self.under_way = Some(spawn_blocking(move || read_positions(&consumer)));
                continue;
            };
            let checked = check.await;
            self.under_way = None;
            match checked {
                Ok(Ok(positions)) => {
                    let partitions = self.history.check(positions);
                    if !partitions.is_empty() {
                        return format!("messages wait and are not read: {}", partitions.join(", "));
                    }
                }
                Ok(Err(error)) => {
                    if self.history.no_answer() {
                        return format!("it cannot ask how far it has read: {error}");
                    }
                }
                // The process ends.
                Err(_) => {}
            }
        }
    }
}

/// The positions in all partitions that are assigned to `consumer`. Blocks until the broker answers.
///
/// # Errors
/// When the broker does not answer.
fn read_positions(consumer: &EventConsumer) -> KafkaResult<Vec<Position>> {
    let positions = consumer.position()?;
    let mut begun: Option<TopicPartitionList> = None;
    let mut read = Vec::new();
    for element in positions.elements() {
        let (topic, partition) = (element.topic(), element.partition());
        let (first, end) = consumer.fetch_watermarks(topic, partition, BROKER_TIMEOUT)?;
        let next = if let Offset::Offset(next) = element.offset() {
            next
        } else {
            // Nothing of it was read yet: reading starts at the committed offset.
            let committed = match &begun {
                Some(committed) => committed,
                None => begun.insert(consumer.committed(BROKER_TIMEOUT)?),
            };
            match committed
                .find_partition(topic, partition)
                .map(|found| found.offset())
            {
                Some(Offset::Offset(next)) => next,
                _ => first,
            }
        };
        read.push(Position {
            topic: topic.to_owned(),
            partition,
            next,
            end,
        });
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(partition: i32, next: i64, end: i64) -> Position {
        Position {
            topic: "fooddelivery.order".to_owned(),
            partition,
            next,
            end,
        }
    }

    #[test]
    fn a_partition_whose_messages_wait_unread_is_stuck_at_the_third_check() {
        let mut history = History::default();
        assert!(
            history
                .check(vec![position(0, 7, 9), position(1, 4, 4)])
                .is_empty()
        );
        assert!(
            history
                .check(vec![position(0, 7, 12), position(1, 4, 4)])
                .is_empty()
        );
        assert_eq!(
            history.check(vec![position(0, 7, 12), position(1, 4, 4)]),
            ["fooddelivery.order/0 at 7"]
        );
    }

    #[test]
    fn one_that_is_read_slowly_or_by_another_replica_is_not_stuck() {
        let mut history = History::default();
        for next in 0..10 {
            assert!(history.check(vec![position(0, next, 100)]).is_empty());
        }
        history.check(vec![position(0, 9, 100)]);
        assert!(history.check(Vec::new()).is_empty());
        assert!(history.check(vec![position(0, 9, 100)]).is_empty());
    }

    #[test]
    fn checks_before_an_outage_do_not_count() {
        let mut history = History::default();
        history.check(vec![position(0, 7, 9)]);
        history.check(vec![position(0, 7, 9)]);
        history.no_answer();
        assert!(history.check(vec![position(0, 7, 9)]).is_empty());
    }

    #[test]
    fn a_client_that_never_gets_an_answer_is_stuck_at_the_third_check() {
        let mut history = History::default();
        assert!(!history.no_answer() && !history.no_answer());
        history.check(Vec::new());
        assert!(!history.no_answer() && !history.no_answer());
        assert!(history.no_answer());
    }
}

//! Evaluates the statistics of a consumer's Kafka client: its lag per partition, and whether it is a member of its
//! group. This works even when no messages arrive.

use crate::kafka::Cluster;
use fdp_runtime::Check;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance};
use rdkafka::statistics::Statistics;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the client reports its statistics, in milliseconds.
pub(crate) const EVERY_MS: &str = "5000";

/// Updates gauges and a check from the statistics of a consumer's client, every [`EVERY_MS`].
#[derive(Debug, Clone)]
pub struct Lag {
    check: Check,
    cluster: Cluster,
    /// Since when it is not a member of its group.
    outside_since: Arc<Mutex<Option<Instant>>>,
}

impl Lag {
    pub(crate) fn new(check: Check, cluster: Cluster) -> Self {
        Self {
            check,
            cluster,
            outside_since: Arc::default(),
        }
    }

    /// For how long the client has not been a member of its group.
    pub(crate) fn outside_for(&self) -> Duration {
        let since = self.outside_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.map(|since| since.elapsed()).unwrap_or_default()
    }

    fn is_member(&self, is_member: bool) {
        let mut since = self.outside_since.lock().unwrap_or_else(PoisonError::into_inner);
        *since = if is_member {
            None
        } else {
            since.or_else(|| Some(Instant::now()))
        };
    }
}

impl ClientContext for Lag {
    fn stats(&self, statistics: Statistics) {
        let membership = membership(&statistics);
        self.is_member(membership.is_ok());
        match membership {
            Ok(()) => self.check.ready(),
            Err(why) => self.check.failing(&why),
        }
        for (topic, partition, lag) in lags(&statistics) {
            let topic = self.cluster.name_here(topic).to_owned();
            let labels = [("topic", topic), ("partition", partition.to_string())];
            #[expect(clippy::cast_precision_loss, reason = "nobody is 2^52 events behind")]
            metrics::gauge!("consumer_lag_events", &labels).set(lag as f64);
        }
    }
}

impl ConsumerContext for Lag {
    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        // Earlier than the next statistics.
        if let Rebalance::Assign(_) = rebalance {
            self.is_member(true);
            self.check.ready();
        }
    }
}

/// Whether the client is a member of its group and connected to the group coordinator; if not, the reason.
fn membership(statistics: &Statistics) -> Result<(), String> {
    let group = statistics.cgrp.as_ref().ok_or("it has no consumer group")?;
    if group.state != "up" {
        let state = &group.state;
        return Err(format!(
            "the broker that coordinates the group cannot be reached ({state})"
        ));
    }
    if group.join_state != "steady" {
        return Err(format!("joining the group ({})", group.join_state));
    }
    Ok(())
}

/// The lag of each partition. It is unknown (-1) before the first fetch; partitions of other replicas are left out.
fn lags(statistics: &Statistics) -> impl Iterator<Item = (&str, i32, i64)> {
    statistics.topics.iter().flat_map(|(name, topic)| {
        topic.partitions.iter().filter_map(|(number, partition)| {
            let lag = match partition.fetch_state.as_str() {
                "none" | "stopped" => 0,
                // Messages that were applied count at once (stored offset); before the first one, the committed offset
                // counts.
                _ if partition.consumer_lag_stored >= 0 => partition.consumer_lag_stored,
                _ => partition.consumer_lag,
            };
            (lag >= 0).then_some((name.as_str(), *number, lag))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::statistics::{ConsumerGroup, Partition, Topic};

    fn told(state: &str, stored: i64, committed: i64) -> Vec<i64> {
        let partition = Partition {
            fetch_state: state.to_owned(),
            consumer_lag_stored: stored,
            consumer_lag: committed,
            ..Partition::default()
        };
        let topic = Topic {
            partitions: [(3, partition)].into(),
            ..Topic::default()
        };
        let statistics = Statistics {
            topics: [("fooddelivery.order".to_owned(), topic)].into(),
            ..Statistics::default()
        };
        lags(&statistics).map(|(_, _, lag)| lag).collect()
    }

    fn standing(state: &str, join_state: &str) -> Result<(), String> {
        membership(&Statistics {
            cgrp: Some(ConsumerGroup {
                state: state.to_owned(),
                join_state: join_state.to_owned(),
                ..ConsumerGroup::default()
            }),
            ..Statistics::default()
        })
    }

    #[test]
    fn a_member_in_touch_with_its_group_is_well_and_nobody_else() {
        assert_eq!(standing("up", "steady"), Ok(()));
        assert!(standing("up", "wait-sync").unwrap_err().contains("joining"));
        assert!(
            standing("query-coord", "steady")
                .unwrap_err()
                .contains("query-coord")
        );
        assert!(membership(&Statistics::default()).is_err());
    }

    #[test]
    fn how_long_it_is_outside_counts_from_the_first_report_until_it_is_a_member() {
        let lag = Lag::new(
            fdp_runtime::Health::default().informative("consumer"),
            "127.0.0.1:1".to_owned().into(),
        );
        assert_eq!(lag.outside_for(), Duration::ZERO);
        lag.is_member(false);
        let first = *lag.outside_since.lock().unwrap();
        lag.is_member(false);
        assert_eq!(*lag.outside_since.lock().unwrap(), first);
        assert!(first.is_some());
        lag.is_member(true);
        assert_eq!(lag.outside_for(), Duration::ZERO);
    }

    #[test]
    fn what_has_taken_effect_counts_before_it_is_committed() {
        assert_eq!(told("active", 2, 7), [2]);
        assert_eq!(told("active", -1, 7), [7]);
    }

    #[test]
    fn an_unknown_lag_is_not_shown_and_another_replicas_partition_has_none() {
        assert_eq!(told("active", -1, -1), [] as [i64; 0]);
        assert_eq!(told("none", 2, 7), [0]);
    }
}

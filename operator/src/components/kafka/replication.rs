//! The replication of messages.

use crate::spec::{Kafka, Strimzi, Validated};

/// The replication factor of topics.
pub fn replication(platform: &Validated) -> i32 {
    match &platform.kafka {
        Kafka::Managed { brokers, .. } | Kafka::Strimzi(Strimzi { brokers, .. }) => *brokers,
        // The default of the external cluster.
        Kafka::External(_) => -1,
    }
}

/// The number of in-sync replicas that a write needs.
pub(super) fn min_in_sync(brokers: i32) -> i32 {
    if brokers > 1 { brokers - 1 } else { 1 }
}

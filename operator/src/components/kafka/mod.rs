//! Kafka with its three providers and its web page, and the copy from one to another.

mod brokers;
mod client;
mod copy;
mod external;
mod managed;
mod ports;
mod quorum;
mod replication;
mod strimzi;
mod topics;
mod ui;

use crate::{
    model::{health::Health, object::Planned, observed::Observed},
    spec::{Kafka, Validated},
};

pub use brokers::between_brokers;
pub use client::{client_environment, egress};
pub use copy::{copy, copy_name};
pub use ports::PORT;
pub use replication::replication;
pub use topics::PARTITIONS;

/// Every object of Kafka.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    let mut objects = match &platform.kafka {
        Kafka::Managed { data_store, brokers } => managed::objects(platform, data_store, *brokers),
        Kafka::Strimzi(settings) => strimzi::objects(platform, settings, observed),
        Kafka::External(_) => Vec::new(),
    };
    objects.extend(ui::objects(platform));
    objects
}

/// The health of Kafka and its page.
pub fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    let mut health = brokers_health(platform, observed);
    health.extend(ui::health(platform, observed));
    health
}

/// The health of the brokers.
pub fn brokers_health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    match &platform.kafka {
        Kafka::Managed { .. } => vec![managed::health(platform, observed)],
        Kafka::Strimzi(_) => strimzi::health(platform, observed),
        // It cannot be observed: the plan says whether the setup has spoken to it.
        Kafka::External(_) => Vec::new(),
    }
}

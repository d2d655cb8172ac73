//! The message broker, whoever runs it, and the page that shows what is in it.

mod external;
mod managed;
mod quorum;
mod strimzi;
mod topics;
mod ui;

use k8s_openapi::api::{
    core::v1::EnvVar,
    networking::v1::{NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPort},
};

use crate::{
    kubernetes::names::KAFKA,
    model::{health::Health, object::Planned, observed::Observed},
    plan::network,
    spec::{Kafka, Strimzi, Validated},
};

pub use topics::PARTITIONS;

/// The port for clients of a Kafka in the cluster.
pub const PORT: u16 = 9092;
/// The port for the controllers of the managed brokers, of which there is one in each.
pub const CONTROLLER_PORT: u16 = 9093;

/// Everything that makes up the broker.
pub fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    let mut objects = match &platform.kafka {
        Kafka::Managed { store, brokers } => managed::objects(platform, store, *brokers),
        Kafka::Strimzi(settings) => strimzi::objects(platform, settings, observed),
        Kafka::External { .. } => Vec::new(),
    };
    objects.extend(ui::objects(platform));
    objects
}

/// The variables that tell a program where the broker is, and how to sign in there.
pub fn client_environment(platform: &Validated) -> Vec<EnvVar> {
    match &platform.kafka {
        Kafka::Managed { .. } => managed::client_environment(platform),
        Kafka::Strimzi(_) => strimzi::client_environment(platform),
        Kafka::External { secret } => external::client_environment(secret),
    }
}

/// How often each message is kept.
pub fn replication(platform: &Validated) -> i32 {
    match &platform.kafka {
        Kafka::Managed { brokers, .. } | Kafka::Strimzi(Strimzi { brokers, .. }) => *brokers,
        // The cluster's own default is right for it.
        Kafka::External { .. } => -1,
    }
}

/// How many brokers have to have a message before it counts as kept.
fn min_in_sync(brokers: i32) -> i32 {
    if brokers > 1 { brokers - 1 } else { 1 }
}

/// How the broker is doing.
pub fn health(platform: &Validated, observed: &Observed) -> Vec<Health> {
    let mut health = match &platform.kafka {
        Kafka::Managed { .. } => vec![managed::health(platform, observed)],
        Kafka::Strimzi(_) => strimzi::health(platform, observed),
        // What we cannot see, the services say when they are not ready.
        Kafka::External { .. } => Vec::new(),
    };
    health.extend(ui::health(platform, observed));
    health
}

/// What clients have to be let out to, beyond the pods of the platform.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    match &platform.kafka {
        Kafka::Managed { .. } => Vec::new(),
        Kafka::Strimzi(_) => strimzi::egress(platform),
        // Only the Secret knows where it is.
        Kafka::External { .. } => vec![NetworkPolicyEgressRule::default()],
    }
}

/// What several managed brokers say to each other: what comes in, and what goes out.
pub fn between_brokers(platform: &Validated) -> Option<(NetworkPolicyIngressRule, NetworkPolicyEgressRule)> {
    let Kafka::Managed { brokers: 2.., .. } = &platform.kafka else {
        return None;
    };
    let brokers = || Some(vec![network::part(platform, KAFKA)]);
    let ports = || Some(vec![tcp(PORT), tcp(CONTROLLER_PORT)]);
    Some((
        NetworkPolicyIngressRule {
            from: brokers(),
            ports: ports(),
        },
        NetworkPolicyEgressRule {
            to: brokers(),
            ports: ports(),
        },
    ))
}

/// A port of TCP, for network policies.
fn tcp(number: u16) -> NetworkPolicyPort {
    network::port(number, "TCP")
}

//! What clients of Kafka need: environment variables and egress.

use k8s_openapi::api::{core::v1::EnvVar, networking::v1::NetworkPolicyEgressRule};

use crate::{
    components::kafka::{external, managed, strimzi},
    spec::{Kafka, Validated},
};

/// The variables with the brokers' address and credentials.
pub fn client_environment(platform: &Validated) -> Vec<EnvVar> {
    match &platform.kafka {
        Kafka::Managed { .. } => managed::client_environment(platform),
        Kafka::Strimzi(_) => strimzi::client_environment(platform),
        Kafka::External(there) => external::client_environment(there),
    }
}

/// The egress that clients need, beyond the pods of the platform.
pub fn egress(platform: &Validated) -> Vec<NetworkPolicyEgressRule> {
    match &platform.kafka {
        Kafka::Managed { .. } => Vec::new(),
        Kafka::Strimzi(_) => strimzi::egress(platform),
        // Only the Secret holds the address, so any destination is allowed.
        Kafka::External(_) => vec![NetworkPolicyEgressRule::default()],
    }
}

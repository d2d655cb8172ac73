//! The names of the conditions, and how to read them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Everything is up as described.
pub const READY: &str = "Ready";
/// The operator, or something that it started, is still at work.
pub const RECONCILING: &str = "Reconciling";
/// Nothing will get better until somebody steps in.
pub const STALLED: &str = "Stalled";
/// Kafka takes messages.
pub const KAFKA_READY: &str = "KafkaReady";
/// PostgreSQL takes connections.
pub const DATABASE_READY: &str = "DatabaseReady";
/// Databases, roles and topics are made.
pub const SETUP_COMPLETE: &str = "SetupComplete";
/// Every service has the replicas that it should have.
pub const SERVICES_READY: &str = "ServicesReady";
/// The cluster measures the use of CPU, without which autoscalers see nothing.
pub const AUTOSCALING_READY: &str = "AutoscalingReady";
/// Requests travel through Istio as described.
pub const MESH_READY: &str = "MeshReady";
/// Logs are collected, kept and shown.
pub const LOGGING_READY: &str = "LoggingReady";
/// Metrics are read, drawn and watched over.
pub const MONITORING_READY: &str = "MonitoringReady";
/// What the platform has at a cloud provider is there.
pub const CLOUD_READY: &str = "CloudReady";

/// The conditions that every platform has: of the whole first, then of the parts in the order in which they come up.
pub const OF_EVERY_PLATFORM: &[&str] = &[
    READY,
    RECONCILING,
    STALLED,
    KAFKA_READY,
    DATABASE_READY,
    SETUP_COMPLETE,
    SERVICES_READY,
];

/// The condition of that type, if it is there.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Whether the condition of that type is there and `True`.
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    find(conditions, type_).is_some_and(|condition| condition.status == "True")
}

//! Tests the names in resources on which users' selectors, policies and queries, and earlier versions of the
//! operator, depend.
//!
//! A name may be added. If one is changed or removed, objects of an earlier version lose their owner, selector or
//! reader: such a change needs a release that supports both names.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::BTreeSet;

use fdp_crds::{ChangePhase, condition};
use fdp_operator::{
    aws::owner, cli::render::render, controller::finalizer, kubernetes::names, model::reason::Reason,
    settings::Settings, spec,
};
use serde_json::Value;

/// Every label and annotation of our own in the objects of the examples.
fn labels_and_annotations() -> Vec<String> {
    let mut found = BTreeSet::new();
    for example in ["minimal", "local", "production", "aws", "eks"] {
        let file = format!("{}/../examples/{example}.yaml", env!("CARGO_MANIFEST_DIR"));
        let platform = std::fs::read_to_string(file).unwrap();
        let rendered = render(&platform, &Settings::default()).unwrap();
        for document in serde_saphyr::from_multiple::<Value>(&rendered).unwrap() {
            collect(&document, &mut found);
        }
    }
    found.into_iter().collect()
}

/// Our own keys in `labels`, `annotations`, `matchLabels` and similar fields, at any depth.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name.starts_with("fooddelivery.dev/") {
                    found.insert(name.clone());
                }
                collect(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[test]
fn labels_and_annotations_keep_their_names() {
    assert_eq!(
        labels_and_annotations(),
        [
            "fooddelivery.dev/applied-hash",
            "fooddelivery.dev/config-hash",
            "fooddelivery.dev/metrics-reader",
            "fooddelivery.dev/platform",
            "fooddelivery.dev/scaled-by",
            "fooddelivery.dev/service",
            "fooddelivery.dev/track"
        ]
    );
}

#[test]
fn field_managers_finalizers_and_annotations_of_users_keep_their_names() {
    let names = [
        names::MANAGER,
        names::REPLICAS_MANAGER,
        names::UNMANAGED_MANAGER,
        finalizer::AWS.name,
        finalizer::OBJECTS.name,
        names::ADOPT,
        spec::CHANGE_STORE,
        names::UNMANAGED_FIELDS,
        names::DRILL_PROOF,
        owner::TAG,
    ];
    assert_eq!(
        names,
        [
            "fdp-operator",
            "fdp-operator-replicas",
            "fdp-operator-unmanaged",
            "fooddelivery.dev/aws",
            "fooddelivery.dev/objects",
            "fooddelivery.dev/adopt",
            "fooddelivery.dev/change-store",
            "fooddelivery.dev/unmanaged-fields",
            "fooddelivery.dev/drill-proof",
            "fooddelivery.dev/platform",
        ]
    );
}

#[test]
fn phases_of_a_change_of_stores_keep_their_words() {
    let phases = [ChangePhase::Pausing, ChangePhase::Copying, ChangePhase::Resuming];
    assert_eq!(
        phases.map(ChangePhase::as_str),
        ["Pausing", "Copying", "Resuming"]
    );
}

#[test]
fn parts_keep_their_names() {
    let parts = [
        names::POSTGRES,
        names::KAFKA,
        names::KAFKA_UI,
        names::MONGODB,
        names::ELASTICSEARCH,
        names::FLUENTD,
        names::KIBANA,
        names::LOGGING_SETUP,
        names::PROMETHEUS,
        names::GRAFANA,
        names::SETUP,
        names::ANCHOR,
        names::DATABASES,
        names::STORE_COPY,
    ];
    assert_eq!(
        parts,
        [
            "postgres",
            "kafka",
            "kafka-ui",
            "mongodb",
            "elasticsearch",
            "fluentd",
            "kibana",
            "logging-setup",
            "prometheus",
            "grafana",
            "setup",
            "platform",
            "databases",
            "store-copy"
        ]
    );
}

#[test]
fn conditions_keep_their_types() {
    let types = [
        condition::READY,
        condition::RECONCILING,
        condition::STALLED,
        condition::KAFKA_READY,
        condition::DATABASE_READY,
        condition::SETUP_COMPLETE,
        condition::SERVICES_READY,
        condition::AUTOSCALING_READY,
        condition::MESH_READY,
        condition::LOGGING_READY,
        condition::MONITORING_READY,
        condition::CLOUD_READY,
    ];
    assert_eq!(
        types,
        [
            "Ready",
            "Reconciling",
            "Stalled",
            "KafkaReady",
            "DatabaseReady",
            "SetupComplete",
            "ServicesReady",
            "AutoscalingReady",
            "MeshReady",
            "LoggingReady",
            "MonitoringReady",
            "CloudReady"
        ]
    );
}

#[test]
fn reasons_keep_their_words() {
    let words: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(
        words,
        [
            "PlatformReady",
            "KafkaNotReady",
            "DatabaseNotReady",
            "SetupNotComplete",
            "ServicesNotReady",
            "MeshNotReady",
            "LoggingNotReady",
            "MonitoringNotReady",
            "CloudNotReady",
            "OrdersRefused",
            "OrdersNotDelivered",
            "RollingOut",
            "Progressing",
            "ApplyFailed",
            "InvalidSpec",
            "Suspended",
            "Deleting",
            "NamespaceTerminating",
            "RightsMissing",
            "CloudNotAllowed",
            "Finished",
            "Stalled",
            "PartFailed",
            "RolloutStopped",
            "FieldContested",
            "NotStalled",
            "Ready",
            "Waiting",
            "Failed",
            "ApiMissing",
            "SecretMissing",
            "SecretNotShared",
            "StoreChangeUnconfirmed",
            "StoreChanging",
            "StoreClash",
            "SignInRefused",
            "Unreachable",
            "VersionRefused",
            "HostTaken",
            "MetricsMissing",
            "MetricsUnavailable",
            "NoRoom"
        ]
    );
}

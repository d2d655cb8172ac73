//! The health of workloads and their pods.

use std::sync::Arc;

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::Job,
    core::v1::Pod,
};
use serde_json::{Value, json};

use super::*;
use crate::model::health::Health;

fn parse_deployment(spec_replicas: i32, status: &Value) -> Deployment {
    serde_json::from_value(json!({
        "metadata": { "name": "shop-order", "generation": 3 },
        "spec": { "replicas": spec_replicas, "selector": {}, "template": {} },
        "status": status,
    }))
    .unwrap()
}

fn pod(status: &Value) -> Arc<Pod> {
    Arc::new(
        serde_json::from_value(json!({ "metadata": { "name": "shop-order-x" }, "status": status })).unwrap(),
    )
}

#[test]
fn a_deployment_is_ready_when_all_replicas_are_new_and_answer() {
    let cases = [
        (
            json!({ "observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2 }),
            true,
        ),
        (
            json!({ "observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2 }),
            false,
        ),
        (
            json!({ "observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1 }),
            false,
        ),
        (
            json!({ "observedGeneration": 3, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3 }),
            false,
        ),
        (
            json!({ "observedGeneration": 3, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 2 }),
            false,
        ),
        (json!({}), false),
    ];
    for (status, ready) in cases {
        let health = deployment("shop-order", Some(&parse_deployment(2, &status)), None, &[]);
        assert_eq!(health.is_ready(), ready, "{status}: {health:?}");
    }
}

#[test]
fn a_deployment_that_should_have_no_replicas_is_ready_without_any() {
    let none = parse_deployment(0, &json!({ "observedGeneration": 3 }));
    assert!(deployment("shop-store", Some(&none), None, &[]).is_ready());
}

#[test]
fn replicas_that_an_autoscaler_adds_do_not_make_a_service_unready() {
    let growing = parse_deployment(
        4,
        &json!({ "observedGeneration": 3, "replicas": 4, "updatedReplicas": 4, "availableReplicas": 1 }),
    );
    assert!(deployment("shop-order", Some(&growing), Some(1), &[]).is_ready());
    assert!(!deployment("shop-order", Some(&growing), Some(2), &[]).is_ready());
}

#[test]
fn the_message_names_the_deployment_and_what_holds_its_pod() {
    let status = json!({ "observedGeneration": 3, "replicas": 1, "updatedReplicas": 1 });
    let pod = pod(&json!({ "phase": "Pending", "containerStatuses": [{
        "name": "order", "image": "order:2", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "waiting": { "reason": "ErrImagePull", "message": "no such image" } },
    }] }));
    assert_eq!(
        deployment("shop-order", Some(&parse_deployment(1, &status)), None, &[&pod]),
        Health::Waiting(
            "Deployment shop-order: 0 of 1 ready: pod shop-order-x: ImagePullBackOff: cannot pull image order:2"
                .to_owned()
        )
    );
}

#[test]
fn a_crash_is_told_by_its_exit_code() {
    let pod = pod(&json!({ "phase": "Running", "containerStatuses": [{
        "name": "order", "image": "", "imageID": "", "ready": false, "restartCount": 4,
        "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 40s" } },
        "lastState": { "terminated": { "exitCode": 137, "reason": "OOMKilled" } },
    }] }));
    assert_eq!(
        why(&[&pod]).unwrap(),
        "pod shop-order-x: CrashLoopBackOff: container order: exited with code 137 (OOMKilled)"
    );
}

#[test]
fn a_pod_without_a_node_says_why() {
    let pod = pod(&json!({ "phase": "Pending", "conditions": [
        { "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Insufficient cpu" },
    ] }));
    assert_eq!(
        why(&[&pod]).unwrap(),
        "pod shop-order-x: Unschedulable: Insufficient cpu"
    );
}

#[test]
fn a_deployment_past_its_deadline_has_failed() {
    let status = json!({ "observedGeneration": 3, "replicas": 1, "updatedReplicas": 1, "conditions": [
        { "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded" },
    ] });
    assert!(matches!(
        deployment("shop-order", Some(&parse_deployment(1, &status)), None, &[]),
        Health::Failed(_)
    ));
}

#[test]
fn a_job_is_ready_once_complete_and_failed_once_given_up() {
    let parse = |type_: &str| -> Job {
        serde_json::from_value(json!({
            "metadata": { "name": "shop-setup" },
            "status": { "conditions": [{ "type": type_, "status": "True", "message": "too many" }] },
        }))
        .unwrap()
    };
    assert!(job("shop-setup", Some(&parse("Complete")), &[]).is_ready());
    assert!(matches!(
        job("shop-setup", Some(&parse("Failed")), &[]),
        Health::Failed(_)
    ));
    assert!(matches!(job("shop-setup", None, &[]), Health::Waiting(_)));
}

#[test]
fn a_stateful_set_is_ready_when_its_pod_runs_the_newest_revision() {
    let parse = |current: &str, ready: i32| -> StatefulSet {
        serde_json::from_value(json!({
            "metadata": { "name": "shop-kafka", "generation": 1 },
            "spec": { "replicas": 1, "selector": {}, "template": {}, "serviceName": "x" },
            "status": { "replicas": 1, "readyReplicas": ready, "updatedReplicas": 1, "observedGeneration": 1,
                        "currentRevision": current, "updateRevision": "b" },
        }))
        .unwrap()
    };
    assert!(stateful_set("shop-kafka", Some(&parse("b", 1)), &[]).is_ready());
    assert!(!stateful_set("shop-kafka", Some(&parse("a", 1)), &[]).is_ready());
    assert!(!stateful_set("shop-kafka", Some(&parse("b", 0)), &[]).is_ready());
}

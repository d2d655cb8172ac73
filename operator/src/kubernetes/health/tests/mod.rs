//! The health of workloads and their pods.

mod configuration;
mod images;
mod looks;
mod refusals;
mod volumes;

use std::sync::Arc;

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, StatefulSet},
        batch::v1::Job,
        core::v1::Pod,
    },
    jiff::Timestamp,
};
use serde_json::{Value, json};

use super::*;
use crate::model::{
    events::{Event, Events},
    health::Health,
    observed::Observed,
};

/// When everything in these tests begins.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn time(seconds: i64) -> String {
    at(seconds).to_string()
}

/// An event that was told so often between two times.
fn event(reason: &str, message: &str, first: i64, last: i64, count: i64) -> Event {
    Event {
        reason: reason.to_owned(),
        message: message.to_owned(),
        first: at(first),
        last: at(last),
        count,
    }
}

/// What is known of these pods at a time; `events` are those of the first one.
fn observed(pods: &[Arc<Pod>], events: Option<Vec<Event>>, seconds: i64) -> Observed {
    let mut told = Events::default();
    if let Some(events) = events {
        told.insert("uid-of-pod".to_owned(), events);
    }
    Observed {
        pods: pods.to_vec(),
        events: told,
        now: at(seconds),
        ..Observed::default()
    }
}

fn evidence(observed: &Observed) -> Evidence<'_> {
    Evidence::of(observed, "order")
}

/// The worst trouble of these pods, as long as nobody tells of it by events.
fn why(pods: &[&Arc<Pod>]) -> Option<String> {
    let pods: Vec<Arc<Pod>> = pods.iter().map(|pod| Arc::clone(pod)).collect();
    evidence(&observed(&pods, None, 0))
        .worst()
        .map(|trouble| trouble.text)
}

/// A pod whose kubelet began with it at 0.
fn waiting(reason: &str, message: &str, image: &str) -> Arc<Pod> {
    pod(&json!({
        "phase": "Pending", "startTime": time(0),
        "conditions": [
            { "type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": time(0) },
            { "type": "Initialized", "status": "True", "lastTransitionTime": time(0) },
            { "type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": time(0) },
            { "type": "ContainersReady", "status": "False", "reason": "ContainersNotReady",
              "lastTransitionTime": time(0) },
            { "type": "PodScheduled", "status": "True", "lastTransitionTime": time(0) },
        ],
        "containerStatuses": [{
            "name": "order", "image": image, "imageID": "", "ready": false, "restartCount": 0, "started": false,
            "lastState": {}, "state": { "waiting": { "reason": reason, "message": message } },
        }],
    }))
}

/// A Deployment in the middle of a rollout.
fn rolling_out() -> Deployment {
    parse_deployment(
        1,
        &json!({ "observedGeneration": 3, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1 }),
    )
}

/// Whether a rollout with this pod has failed by then.
fn has_failed(pod: &Arc<Pod>, events: Option<Vec<Event>>, seconds: i64) -> bool {
    let observed = observed(std::slice::from_ref(pod), events, seconds);
    match deployment("shop-order", Some(&rolling_out()), None, &evidence(&observed)) {
        Health::Failed(_) => true,
        Health::Waiting(_) => false,
        health => panic!("{health:?}"),
    }
}

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
        serde_json::from_value(json!({
            "metadata": {
                "name": "shop-order-x", "uid": "uid-of-pod",
                "labels": { "app.kubernetes.io/name": "order" },
            },
            "status": status,
        }))
        .unwrap(),
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
        let health = deployment(
            "shop-order",
            Some(&parse_deployment(2, &status)),
            None,
            &evidence(&Observed::default()),
        );
        assert_eq!(health.is_ready(), ready, "{status}: {health:?}");
    }
}

#[test]
fn a_deployment_that_should_have_no_replicas_is_ready_without_any() {
    let none = parse_deployment(0, &json!({ "observedGeneration": 3 }));
    assert!(deployment("shop-store", Some(&none), None, &evidence(&Observed::default())).is_ready());
}

#[test]
fn replicas_that_an_autoscaler_adds_do_not_make_a_service_unready() {
    let growing = parse_deployment(
        4,
        &json!({ "observedGeneration": 3, "replicas": 4, "updatedReplicas": 4, "availableReplicas": 1 }),
    );
    assert!(
        deployment(
            "shop-order",
            Some(&growing),
            Some(1),
            &evidence(&Observed::default())
        )
        .is_ready()
    );
    assert!(
        !deployment(
            "shop-order",
            Some(&growing),
            Some(2),
            &evidence(&Observed::default())
        )
        .is_ready()
    );
}

#[test]
fn the_message_names_the_deployment_and_what_holds_its_pod() {
    let status = json!({ "observedGeneration": 3, "replicas": 1, "updatedReplicas": 1 });
    let pod = pod(&json!({ "phase": "Pending", "containerStatuses": [{
        "name": "order", "image": "order:2", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "waiting": { "reason": "ErrImagePull", "message": "no such image" } },
    }] }));
    assert_eq!(
        deployment(
            "shop-order",
            Some(&parse_deployment(1, &status)),
            None,
            &evidence(&observed(&[pod], None, 0))
        ),
        Health::Waiting(
            "Deployment shop-order: 0 of 1 ready: pod shop-order-x: ImagePullBackOff: cannot pull image order:2: \
             no such image"
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
        deployment(
            "shop-order",
            Some(&parse_deployment(1, &status)),
            None,
            &evidence(&Observed::default())
        ),
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
    assert!(
        job(
            "shop-setup",
            Some(&parse("Complete")),
            &evidence(&Observed::default())
        )
        .is_ready()
    );
    assert!(matches!(
        job(
            "shop-setup",
            Some(&parse("Failed")),
            &evidence(&Observed::default())
        ),
        Health::Failed(_)
    ));
    assert!(matches!(
        job("shop-setup", None, &evidence(&Observed::default())),
        Health::Waiting(_)
    ));
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
    assert!(
        stateful_set(
            "shop-kafka",
            Some(&parse("b", 1)),
            &evidence(&Observed::default())
        )
        .is_ready()
    );
    assert!(
        !stateful_set(
            "shop-kafka",
            Some(&parse("a", 1)),
            &evidence(&Observed::default())
        )
        .is_ready()
    );
    assert!(
        !stateful_set(
            "shop-kafka",
            Some(&parse("b", 0)),
            &evidence(&Observed::default())
        )
        .is_ready()
    );
}

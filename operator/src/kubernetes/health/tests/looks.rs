//! Which objects are asked about, and when the operator looks again.

use std::time::Duration;

use k8s_openapi::api::apps::v1::DaemonSet;
use kube::core::{ApiResource, DynamicObject};

use super::*;

fn with(kind: &str, status: &serde_json::Value, now: i64) -> Observed {
    let resource = [
        ApiResource::erase::<Deployment>(&()),
        ApiResource::erase::<StatefulSet>(&()),
        ApiResource::erase::<DaemonSet>(&()),
        ApiResource::erase::<Job>(&()),
    ]
    .into_iter()
    .find(|resource| resource.kind == kind)
    .unwrap();
    let object: DynamicObject = serde_json::from_value(json!({
        "apiVersion": resource.api_version, "kind": kind,
        "metadata": { "name": "shop-x", "uid": "uid-of-workload", "creationTimestamp": time(0) },
        "spec": { "replicas": 1, "selector": {}, "template": {}, "serviceName": "x" },
        "status": status,
    }))
    .unwrap();
    let mut observed = observed(&[], None, now);
    observed.children.insert(&resource, Arc::new(object));
    observed
}

#[test]
fn nothing_is_asked_about_a_platform_that_is_up() {
    let running = pod(&json!({
        "phase": "Running", "startTime": time(0),
        "conditions": [{ "type": "Ready", "status": "True", "lastTransitionTime": time(5) }],
        "containerStatuses": [{ "name": "order", "image": "order:1", "imageID": "", "ready": true,
            "restartCount": 0, "state": { "running": { "startedAt": time(3) } } }],
    }));
    let observed = observed(&[running], None, 600);
    assert_eq!(silent(&observed), []);
    assert_eq!(next_look(&observed), None);
    for (kind, status) in [
        ("StatefulSet", json!({ "replicas": 1, "readyReplicas": 0 })),
        ("Job", json!({ "startTime": time(0), "active": 1 })),
        (
            "Job",
            json!({ "startTime": time(0), "conditions": [{ "type": "Complete", "status": "True" }] }),
        ),
        (
            "DaemonSet",
            json!({ "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberReady": 1,
                              "numberMisscheduled": 0 }),
        ),
        ("Deployment", json!({ "replicas": 0 })),
    ] {
        let observed = with(kind, &status, 600);
        assert_eq!(silent(&observed), [], "{kind}");
        assert_eq!(next_look(&observed), None, "{kind}");
    }
}

#[test]
fn a_workload_without_its_pods_is_asked_about_after_some_seconds() {
    for (kind, status) in [
        ("StatefulSet", json!({ "replicas": 0 })),
        ("Job", json!({ "startTime": time(0) })),
        (
            "DaemonSet",
            json!({ "desiredNumberScheduled": 2, "currentNumberScheduled": 0, "numberReady": 0,
                              "numberMisscheduled": 0 }),
        ),
    ] {
        assert_eq!(silent(&with(kind, &status, 2)), [], "{kind}");
        assert_eq!(
            next_look(&with(kind, &status, 2)),
            Some(Duration::from_secs(5)),
            "{kind}"
        );
        assert_eq!(
            silent(&with(kind, &status, 6))[0].uid,
            "uid-of-workload",
            "{kind}"
        );
        assert_eq!(
            next_look(&with(kind, &status, 600)),
            Some(Duration::from_secs(30)),
            "{kind}"
        );
    }
}

#[test]
fn a_pod_that_only_starts_is_asked_about_after_some_seconds() {
    let pods = [waiting("ContainerCreating", "", "order:1")];
    assert_eq!(silent(&observed(&pods, None, 2)), []);
    assert_eq!(silent(&observed(&pods, None, 5)).len(), 1);
    assert_eq!(next_look(&observed(&pods, None, 5)), Some(Duration::from_secs(5)));
}

#[test]
fn the_operator_looks_again_when_a_failure_has_lasted_long_enough() {
    let pods = [waiting(
        "CreateContainerConfigError",
        "secret \"kakao\" not found",
        "order:1",
    )];
    let told = Some(vec![event(
        "Failed",
        "Error: secret \"kakao\" not found",
        1,
        1,
        1,
    )]);
    let first = observed(&pods, told.clone(), 23);
    assert_eq!(
        silent(&first).len(),
        1,
        "the number of its attempts is asked for at once"
    );
    let look = next_look(&first).unwrap();
    assert!(
        look > Duration::from_secs(3) && look < Duration::from_secs(4),
        "{look:?}"
    );
    let later = next_look(&observed(&pods, told, 600));
    assert_eq!(
        later,
        Some(Duration::from_secs(30)),
        "it does not look all the time"
    );
}

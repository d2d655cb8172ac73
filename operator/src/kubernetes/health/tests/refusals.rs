//! Pods that the API server refuses to a workload.

use super::*;

const QUOTA: &str =
    "forbidden: exceeded quota: q, requested: limits.cpu=500m, used: limits.cpu=1, limited: limits.cpu=1";

/// What was told of a workload.
fn told(message: &str, first: i64, last: i64, count: i64, now: i64) -> Observed {
    let mut events = Events::default();
    events.insert(
        "uid-of-workload".to_owned(),
        vec![event("FailedCreate", message, first, last, count)],
    );
    Observed {
        events,
        now: at(now),
        ..Observed::default()
    }
}

fn set() -> StatefulSet {
    serde_json::from_value(json!({
        "metadata": { "name": "shop-kafka", "uid": "uid-of-workload", "creationTimestamp": time(0) },
        "spec": { "replicas": 1, "selector": {}, "template": {}, "serviceName": "x" },
        "status": { "replicas": 0, "currentRevision": "a", "updateRevision": "a" },
    }))
    .unwrap()
}

fn job_without_pods() -> Job {
    serde_json::from_value(json!({
        "metadata": { "name": "shop-setup", "uid": "uid-of-workload", "creationTimestamp": time(0) },
        "status": { "startTime": time(0) },
    }))
    .unwrap()
}

#[test]
fn a_deployment_without_pods_says_why_and_has_failed_after_half_a_minute() {
    let refused = parse_deployment(
        1,
        &json!({ "observedGeneration": 3, "unavailableReplicas": 1, "conditions": [
            { "type": "Progressing", "status": "True", "reason": "NewReplicaSetCreated" },
            { "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "lastTransitionTime": time(0),
              "message": format!("pods \"shop-order-5d9f-x7k2p\" is {QUOTA}") },
        ] }),
    );
    let health = |seconds| {
        deployment(
            "shop-order",
            Some(&refused),
            None,
            &evidence(&observed(&[], None, seconds)),
        )
    };
    let why = format!("Deployment shop-order: 0 of 1 ready: refused: pods: {QUOTA}");
    assert_eq!(health(24), Health::Waiting(why.clone()));
    assert_eq!(health(25), Health::Failed(why));
}

#[test]
fn stateful_sets_jobs_and_daemon_sets_say_it_in_the_words_of_their_events() {
    let pod_security = "Error creating: pods \"shop-fluentd-8kx2m\" is forbidden: violates PodSecurity \
                        \"restricted:latest\": hostPath volumes (volume \"logs\")";
    let by_event = told(pod_security, 1, 60, 9, 60);
    let agents = serde_json::from_value(json!({
        "metadata": { "name": "shop-fluentd", "uid": "uid-of-workload" }, "spec": { "selector": {}, "template": {} },
        "status": { "desiredNumberScheduled": 1, "currentNumberScheduled": 0, "numberReady": 0,
                    "numberMisscheduled": 0 },
    }))
    .unwrap();
    assert_eq!(
        daemon_set("shop-fluentd", Some(&agents), &evidence(&by_event)),
        Health::Failed(
            "DaemonSet shop-fluentd: 0 of 1 ready: refused: pods: forbidden: violates PodSecurity \
             \"restricted:latest\": hostPath volumes (volume \"logs\")"
                .to_owned()
        )
    );

    let quota = told(
        &format!("Error creating: pods \"shop-setup-1-abcde\" is {QUOTA}"),
        1,
        12,
        2,
        12,
    );
    assert_eq!(
        job("shop-setup", Some(&job_without_pods()), &evidence(&quota)),
        Health::Failed(format!("Job shop-setup: not finished: refused: pods: {QUOTA}"))
    );

    let claim = "create Claim data-shop-kafka-0 Pod shop-kafka-0 in StatefulSet shop-kafka failed error: \
                 persistentvolumeclaims \"data-shop-kafka-0\" is forbidden: exceeded quota: q, requested: \
                 persistentvolumeclaims=1, used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0";
    let health = |now| stateful_set("shop-kafka", Some(&set()), &evidence(&told(claim, 1, 5, 8, now)));
    let why = "StatefulSet shop-kafka: 0 of 1 ready: refused: persistentvolumeclaims \"data-shop-kafka-0\" is \
               forbidden: exceeded quota: q, requested: persistentvolumeclaims=1";
    assert!(
        matches!(health(6), Health::Waiting(told) if told.starts_with(why)),
        "{:?}",
        health(6)
    );
    assert!(
        matches!(health(31), Health::Failed(told) if told.starts_with(why)),
        "{:?}",
        health(31)
    );
}

#[test]
fn a_limit_range_and_a_name_that_is_too_long_are_told_as_well() {
    for words in [
        "forbidden: [maximum cpu usage per Container is 100m, but limit is 500m]",
        "Pod \"shop-kafka-0\" is invalid: metadata.labels: Invalid value: \"x\": must be no more than 63 characters",
    ] {
        let message = format!("create Pod shop-kafka-0 in StatefulSet shop-kafka failed error: {words}");
        let health = stateful_set(
            "shop-kafka",
            Some(&set()),
            &evidence(&told(&message, 1, 40, 9, 40)),
        );
        assert!(
            matches!(&health, Health::Failed(told) if told.contains(words)),
            "{health:?}"
        );
    }
}

#[test]
fn a_refusal_before_the_pods_came_is_forgotten() {
    let mut observed = told(&format!("Error creating: pods \"x\" is {QUOTA}"), 1, 12, 2, 60);
    observed.events.insert(
        "uid-of-workload".to_owned(),
        vec![
            event("FailedCreate", QUOTA, 1, 12, 2),
            event("SuccessfulCreate", "Created pod: shop-setup-1-abcde", 30, 30, 1),
        ],
    );
    assert_eq!(
        job("shop-setup", Some(&job_without_pods()), &evidence(&observed)),
        Health::Waiting("Job shop-setup: not finished".to_owned())
    );
}

//! Images that cannot be pulled, as the kubelet writes of them.

use super::*;

const IMAGE: &str = "registry.example.com/food/order:nosuchtag";
const NOT_FOUND: &str = "rpc error: code = NotFound desc = failed to pull and unpack image \
    \"registry.example.com/food/order:nosuchtag\": failed to resolve reference \
    \"registry.example.com/food/order:nosuchtag\": registry.example.com/food/order:nosuchtag: not found";
const REFUSED: &str = "rpc error: code = Unknown desc = failed to pull and unpack image \
    \"registry.example.com/food/order:nosuchtag\": failed to resolve reference \
    \"registry.example.com/food/order:nosuchtag\": failed to do request: Head \
    \"https://registry.example.com/v2/food/order/manifests/nosuchtag\": dial tcp 10.0.0.9:443: connect: connection refused";

/// What the kubelet says while it waits to try again.
fn waits(error: &str) -> String {
    format!("Back-off pulling image \"{IMAGE}\": ErrImagePull: {error}")
}

/// The events of attempts at these times.
#[expect(clippy::unnecessary_wraps, reason = "`None` means that nobody may read them")]
fn attempts(error: &str, times: &[i64]) -> Option<Vec<Event>> {
    let (first, last) = (*times.first().unwrap(), *times.last().unwrap());
    let count = i64::try_from(times.len()).unwrap();
    let failed = format!("Failed to pull image \"{IMAGE}\": {error}");
    Some(vec![
        event("Failed", &failed, first, last, count),
        event("Failed", "Error: ErrImagePull", first, last, count),
        event("Failed", "Error: ImagePullBackOff", first + 1, last + 1, count),
        event(
            "BackOff",
            &format!("Back-off pulling image \"{IMAGE}\""),
            first + 1,
            last + 1,
            count,
        ),
    ])
}

#[test]
fn the_kubelets_words_are_short_and_the_same_while_it_waits() {
    let expected = format!("pod shop-order-x: ImagePullBackOff: cannot pull image {IMAGE}: not found");
    let fails = waiting("ErrImagePull", NOT_FOUND, IMAGE);
    assert_eq!(why(&[&fails]).unwrap(), expected);
    let waits = waiting("ImagePullBackOff", &waits(NOT_FOUND), IMAGE);
    assert_eq!(why(&[&waits]).unwrap(), expected);
    // Kubelets before 1.32 did not repeat the error.
    let old = waiting(
        "ImagePullBackOff",
        &format!("Back-off pulling image \"{IMAGE}\""),
        IMAGE,
    );
    assert_eq!(
        why(&[&old]).unwrap(),
        format!("pod shop-order-x: ImagePullBackOff: cannot pull image {IMAGE}")
    );
    let away = waiting("ErrImagePull", REFUSED, IMAGE);
    assert!(
        why(&[&away])
            .unwrap()
            .ends_with("dial tcp 10.0.0.9:443: connect: connection refused"),
        "{:?}",
        why(&[&away])
    );
}

#[test]
fn words_that_differ_from_attempt_to_attempt_are_left_out() {
    let lookup = |port: u16| {
        let error = format!(
            "dial tcp: lookup r.example on 10.0.0.10:53: read udp 10.0.0.5:{port}->10.0.0.10:53: i/o timeout"
        );
        why(&[&waiting("ErrImagePull", &error, IMAGE)])
    };
    assert_eq!(lookup(45312), lookup(50001));
    assert!(lookup(1).unwrap().contains("10.0.0.10:53: i/o timeout"));
}

#[test]
fn a_wrong_tag_has_failed_after_the_second_attempt_or_half_a_minute() {
    let pod = waiting("ImagePullBackOff", &waits(NOT_FOUND), IMAGE);
    assert!(!has_failed(&pod, attempts(NOT_FOUND, &[2]), 4));
    assert!(!has_failed(&pod, attempts(NOT_FOUND, &[2]), 26));
    assert!(has_failed(&pod, attempts(NOT_FOUND, &[2]), 27));
    assert!(has_failed(&pod, attempts(NOT_FOUND, &[2, 14]), 14));
}

#[test]
fn a_registry_that_is_away_for_20_s_is_never_a_failure() {
    // Away from 2 to 22; the kubelet asks at 2, at 13 to 17, and at 35 to 48, when it is there.
    let pod = waiting("ImagePullBackOff", &waits(REFUSED), IMAGE);
    for second in [13, 17] {
        for now in 2..=48 {
            let times: &[i64] = if now < second { &[2] } else { &[2, second] };
            assert!(!has_failed(&pod, attempts(REFUSED, times), now), "{now}");
        }
    }
}

#[test]
fn a_registry_that_stays_away_is_a_failure_at_the_third_attempt_or_after_a_minute() {
    let pod = waiting("ErrImagePull", REFUSED, IMAGE);
    assert!(has_failed(&pod, attempts(REFUSED, &[2, 14, 36]), 36));
    assert!(!has_failed(&pod, attempts(REFUSED, &[2, 14]), 61));
    assert!(has_failed(&pod, attempts(REFUSED, &[2, 14]), 62));
}

#[test]
fn what_registries_answer_is_told_from_registries_that_do_not_answer() {
    let cases = [
        ("docker.io/library/x:1: not found", true),
        (
            "pull access denied, repository does not exist or may require authorization: server message: \
          insufficient_scope: authorization failed",
            true,
        ),
        (
            "unexpected status from HEAD request to https://r/v2/x/manifests/1: 401 Unauthorized",
            true,
        ),
        (
            "unexpected status from HEAD request to https://r/v2/x/manifests/1: 403 Forbidden",
            true,
        ),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            true,
        ),
        ("no match for platform in manifest: not found", true),
        ("dial tcp 10.0.0.9:443: connect: connection refused", false),
        ("dial tcp: lookup r.example on 10.0.0.10:53: no such host", false),
        ("dial tcp 10.0.0.9:443: i/o timeout", false),
        (
            "unexpected status from HEAD request to https://r/v2/x/manifests/1: 503 Service Unavailable",
            false,
        ),
        (
            "unexpected status from HEAD request to https://r/v2/x/manifests/1: 429 Too Many Requests",
            false,
        ),
    ];
    for (error, answered) in cases {
        let pod = waiting("ImagePullBackOff", &waits(error), IMAGE);
        assert_eq!(
            has_failed(&pod, attempts(error, &[2, 14]), 14),
            answered,
            "{error}"
        );
    }
}

#[test]
fn an_image_that_only_its_node_could_have_is_not_waited_for() {
    let image = "localhost/food-delivery/order:nosuchtag";
    let error = "failed to do request: Head \"https://localhost/v2/x\": dial tcp [::1]:443: connect: connection refused";
    let pod = waiting("ErrImagePull", error, image);
    let failed = format!("Failed to pull image \"{image}\": {error}");
    assert!(has_failed(
        &pod,
        Some(vec![event("Failed", &failed, 2, 14, 2)]),
        14
    ));
}

#[test]
fn other_reasons_of_the_kubelet_are_failures_too() {
    let cases = [
        (
            "InvalidImageName",
            "Failed to apply default image tag \"a b\": couldn't parse image reference \"a b\": \
          invalid reference format",
            0,
        ),
        (
            "ErrImageNeverPull",
            "Container image \"x:1\" is not present with pull policy of Never",
            25,
        ),
        (
            "SignatureValidationFailed",
            "image pull failed for x:1 because the signature validation failed",
            25,
        ),
        (
            "RegistryUnavailable",
            "image pull failed for x:1 because the registry is unavailable",
            60,
        ),
        (
            "ImageInspectError",
            "Failed to inspect image \"x:1\": rpc error",
            60,
        ),
    ];
    for (reason, message, fails) in cases {
        let pod = waiting(reason, message, "x:1");
        let told = why(&[&pod]).unwrap();
        assert!(
            told.starts_with(&format!("pod shop-order-x: {reason}: ")),
            "{told}"
        );
        assert!(fails == 0 || !has_failed(&pod, None, fails - 1), "{reason}");
        assert!(has_failed(&pod, None, fails), "{reason}");
    }
}

#[test]
fn an_init_container_whose_image_is_missing_is_told_too() {
    let pod = pod(&json!({
        "phase": "Pending", "startTime": time(0),
        "initContainerStatuses": [{
            "name": "prepare", "image": IMAGE, "imageID": "", "ready": false, "restartCount": 0,
            "state": { "waiting": { "reason": "ErrImagePull", "message": NOT_FOUND } },
        }],
        "containerStatuses": [{
            "name": "order", "image": "order:1", "imageID": "", "ready": false, "restartCount": 0,
            "state": { "waiting": { "reason": "PodInitializing" } },
        }],
    }));
    assert!(why(&[&pod]).unwrap().contains(IMAGE));
    assert!(has_failed(&pod, attempts(NOT_FOUND, &[1, 12]), 12));
}

#[test]
fn an_operator_that_starts_late_neither_invents_nor_forgets_failures() {
    let pod = waiting("ImagePullBackOff", &waits(NOT_FOUND), IMAGE);
    // Without the right to read events, the time of the pod decides.
    assert!(!has_failed(&pod, None, 24));
    assert!(has_failed(&pod, None, 25));
    // The first attempt took 100 s and its event is not written yet.
    assert!(!has_failed(&pod, Some(vec![]), 101));
    // It has failed for so long that its events are gone.
    assert!(has_failed(&pod, Some(vec![]), 4000));
}

#[test]
fn failures_before_the_last_run_of_a_container_do_not_count() {
    let mut status = serde_json::to_value(waiting("ErrImagePull", NOT_FOUND, IMAGE).status.clone()).unwrap();
    status["containerStatuses"][0]["lastState"] = json!({ "terminated": {
        "exitCode": 1, "reason": "Error", "startedAt": time(20), "finishedAt": time(1000),
    } });
    let pod = pod(&status);
    // Five attempts, of which only the last came after that run.
    assert!(!has_failed(&pod, attempts(NOT_FOUND, &[2, 5, 8, 11, 1001]), 1002));
    assert!(has_failed(&pod, attempts(NOT_FOUND, &[2, 5, 8, 11, 1001]), 1031));
}

#[test]
fn setup_jobs_and_stores_fail_like_services() {
    let pod = waiting("ImagePullBackOff", &waits(NOT_FOUND), IMAGE);
    let observed = observed(&[pod], attempts(NOT_FOUND, &[2, 14]), 14);
    let setup: Job = serde_json::from_value(json!({
        "metadata": { "name": "shop-setup" }, "status": { "active": 1, "startTime": time(0) },
    }))
    .unwrap();
    let store: StatefulSet = serde_json::from_value(json!({
        "metadata": { "name": "shop-kafka" },
        "spec": { "replicas": 1, "selector": {}, "template": {}, "serviceName": "x" },
        "status": { "replicas": 1, "currentRevision": "a", "updateRevision": "a" },
    }))
    .unwrap();
    let agents = serde_json::from_value(json!({
        "metadata": { "name": "shop-fluentd" }, "spec": { "selector": {}, "template": {} },
        "status": { "desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 0,
                    "numberMisscheduled": 0 },
    }))
    .unwrap();
    for health in [
        job("shop-setup", Some(&setup), &evidence(&observed)),
        stateful_set("shop-kafka", Some(&store), &evidence(&observed)),
        daemon_set("shop-fluentd", Some(&agents), &evidence(&observed)),
    ] {
        assert!(
            matches!(&health, Health::Failed(why) if why.ends_with("nosuchtag: not found")),
            "{health:?}"
        );
    }
}

#[test]
fn a_pod_that_is_on_its_way_out_is_no_failure_any_more() {
    let mut pod = waiting("ImagePullBackOff", &waits(NOT_FOUND), IMAGE);
    Arc::get_mut(&mut pod).unwrap().metadata.deletion_timestamp =
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at(20)));
    assert!(!has_failed(&pod, attempts(NOT_FOUND, &[2, 14]), 60));
}

//! Containers that cannot be made or started, as the kubelet writes of them.

use super::*;

#[test]
fn a_missing_secret_is_told_at_once_and_a_failure_after_the_second_attempt() {
    let pod = waiting(
        "CreateContainerConfigError",
        "secret \"kakao\" not found",
        "order:1",
    );
    assert_eq!(
        why(&[&pod]).unwrap(),
        "pod shop-order-x: CreateContainerConfigError: secret \"kakao\" not found"
    );
    let told = |last, count| {
        Some(vec![event(
            "Failed",
            "Error: secret \"kakao\" not found",
            1,
            last,
            count,
        )])
    };
    assert!(!has_failed(&pod, told(1, 1), 20));
    // The kubelet looks twice at a pod whose network has just come; that is one attempt.
    assert!(!has_failed(&pod, told(2, 2), 20));
    assert!(has_failed(&pod, told(13, 3), 13));
    assert!(has_failed(&pod, told(1, 1), 31));
}

#[test]
fn a_key_that_a_secret_lacks_is_a_failure_too() {
    let message = "couldn't find key token in Secret food/kakao";
    let pod = waiting("CreateContainerConfigError", message, "order:1");
    assert!(why(&[&pod]).unwrap().ends_with(message));
    assert!(has_failed(&pod, None, 30));
}

#[test]
fn a_busy_runtime_gets_more_time_than_what_is_missing() {
    for reason in ["CreateContainerError", "RunContainerError"] {
        let pod = waiting(reason, "context deadline exceeded", "order:1");
        assert!(!has_failed(&pod, None, 59), "{reason}");
        assert!(has_failed(&pod, None, 60), "{reason}");
    }
}

#[test]
fn a_crash_is_left_to_its_deployments_deadline() {
    let pod = waiting(
        "CrashLoopBackOff",
        "back-off 5m0s restarting failed container",
        "order:1",
    );
    assert!(!has_failed(&pod, None, 3600));
}

//! Tests of the commands that conditions come with.

use serde_json::json;

use super::*;
use crate::view::test_platform::platform;

fn shop(tag: &str) -> FoodDeliveryPlatform {
    platform(json!({
        "metadata": { "name": "shop", "namespace": "food" },
        "spec": { "image": { "tag": tag } },
        "status": { "version": "0.1.0" },
    }))
}

fn cure(reason: &str, message: &str) -> String {
    let condition = serde_json::from_value(json!({
        "type": "ServicesReady", "status": "False", "reason": reason, "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    Cure::of(&condition, &shop("nosuchtag")).unwrap().command
}

#[test]
fn an_image_that_cannot_be_pulled_is_cured_by_the_version_before() {
    let message = "Deployment shop-pay: 1 of 1 replicas updated: pod shop-pay-x: ImagePullBackOff: \
                   cannot pull image r.example/pay:nosuchtag: not found; and 2 more";
    assert_eq!(
        cure("Failed", message),
        r#"kubectl -n food patch fdp shop --type merge -p '{"spec":{"image":{"tag":"0.1.0"}}}'"#
    );
    // It is not the platform's tag that names it, nor anything else that the platform says.
    assert_eq!(
        cure("Failed", &message.replace("nosuchtag", "own")),
        r#"kubectl -n food patch fdp shop --type merge -p '{"spec":{"image":{"registry":"REGISTRY","tag":"TAG"}}}'"#
    );
}

#[test]
fn every_reason_that_is_no_good_news_has_a_command_to_copy() {
    for reason in Reason::ALL {
        if !reason.explanation().cure.is_empty() {
            let command = cure(reason.as_str(), "Deployment shop-pay: why");
            let is_command = ["kubectl ", "fdp "]
                .iter()
                .any(|program| command.starts_with(program));
            assert!(is_command, "{reason:?}: {command}");
        }
    }
}

#[test]
fn what_cannot_be_reached_is_looked_for_in_the_policies() {
    let message = "order cannot reach pay at shop-pay:8082 (timed out): is a NetworkPolicy, or the cluster's DNS, in \
                   between?; orders are refused: order cannot reach pay";
    for reason in ["Unreachable", "PartFailed", "ServicesNotReady"] {
        assert_eq!(
            cure(reason, message),
            "kubectl -n food get networkpolicies -o yaml",
            "{reason}"
        );
    }
}

#[test]
fn a_reason_that_a_field_gives_is_cured_by_that_field() {
    let cases = [
        (
            "OrdersRefused",
            "orders are refused: pay is disabled",
            r#"{"services":{"pay":{"enabled":true}}}"#,
        ),
        (
            "OrdersRefused",
            "orders are refused: pay is scaled to 0",
            r#"{"services":{"pay":{"replicas":1}}}"#,
        ),
        (
            "OrdersNotDelivered",
            "orders are taken and not delivered: they are paid and never cooked (store is disabled), they are \
             cooked and no rider comes (delivery is disabled)",
            r#"{"services":{"delivery":{"enabled":true},"store":{"enabled":true}}}"#,
        ),
        (
            "HostTaken",
            "host * of the ingress gateway istio=ingressgateway belongs to the platform other/shop",
            r#"{"gateway":{"hosts":["shop.example.com"]}}"#,
        ),
        (
            "NoRoom",
            "order is held at 3 of 10 replicas until there is room for pod shop-pay-x (Insufficient cpu)",
            r#"{"services":{"order":{"autoscaling":{"max":3}}}}"#,
        ),
        (
            "ApplyFailed",
            "Service shop-gateway: node port 30080 belongs to Service web of the platform other/shop",
            r#"{"gateway":{"nodePort":null}}"#,
        ),
    ];
    for (reason, message, spec) in cases {
        assert_eq!(
            cure(reason, message),
            format!("kubectl -n food patch fdp shop --type merge -p '{{\"spec\":{spec}}}'")
        );
    }
}

#[test]
fn a_refused_version_is_cured_by_the_image_that_ran() {
    let mut shop = shop("1");
    shop.spec.postgres = serde_json::from_value(json!({ "image": "postgres:17" })).unwrap();
    let stores = json!({ "postgres": { "provider": "Managed", "image": "postgres:15" } });
    shop.status.as_mut().unwrap().stores = serde_json::from_value(stores).unwrap();
    assert_eq!(
        command(Reason::VersionRefused, "StatefulSet shop-postgres: why", &shop),
        r#"kubectl -n food patch fdp shop --type merge -p '{"spec":{"postgres":{"image":"postgres:15"}}}'"#
    );
}

#[test]
fn the_command_describes_the_object_that_the_message_names() {
    let cases = [
        (
            "Failed",
            "Job shop-setup-1: not finished: refused: x",
            "describe job shop-setup-1",
        ),
        (
            "Waiting",
            "StatefulSet shop-kafka: 0 of 1 ready",
            "describe statefulset shop-kafka",
        ),
        (
            "ApplyFailed",
            "Service shop-pay: forbidden",
            "describe service shop-pay",
        ),
        ("ApiMissing", "Istio is not in the cluster", "describe fdp shop"),
        ("Failed", "Deployment $(rm -r x): why", "describe fdp shop"),
        (
            "Waiting",
            "Deployment shop-a: 0 of 1 ready: pod shop-a-b: starting",
            "describe pod shop-a-b",
        ),
    ];
    for (reason, message, expected) in cases {
        assert_eq!(cure(reason, message), format!("kubectl -n food {expected}"));
    }
}

#[test]
fn a_suspended_platform_is_resumed() {
    assert_eq!(
        cure(
            "Suspended",
            "suspended; when resumed, these change: Deployment shop-pay"
        ),
        r#"kubectl -n food patch fdp shop --type merge -p '{"spec":{"suspend":false}}'"#
    );
}

#[test]
fn good_news_needs_no_cure() {
    let condition = serde_json::from_value(json!({
        "type": "Ready", "status": "True", "reason": "PlatformReady", "message": "everything is up",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    assert_eq!(Cure::of(&condition, &shop("1")), None);
}

#[test]
fn a_missing_right_shows_what_the_account_may() {
    let message = "the operator lacks rights: jobs.batch is forbidden: User \"system:serviceaccount:ops:fdp\" cannot list \
                   resource \"jobs\" in API group \"batch\" in the namespace \"food\"";
    assert_eq!(
        cure("RightsMissing", message),
        "kubectl auth can-i --list -n food --as system:serviceaccount:ops:fdp"
    );
    assert_eq!(
        cure("RightsMissing", "User \"$(x)\""),
        "kubectl -n food describe fdp shop"
    );
}

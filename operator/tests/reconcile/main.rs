//! What the operator asks of the API server: not a call too many, not a call too few.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod cluster;

use cluster::Cluster;
use serde_json::json;

/// A platform of two services, so that lists of calls stay readable.
fn small() -> serde_json::Value {
    let off = json!({ "enabled": false });
    json!({ "services": {
        "gateway": {}, "pay": {}, "order": off, "store": off, "delivery": off, "inventory": off,
        "customer": off, "marketing": off, "frontend": off,
    } })
}

fn small_with(service: &str, settings: serde_json::Value) -> serde_json::Value {
    let mut spec = small();
    spec["services"][service] = settings;
    spec
}

#[tokio::test]
async fn the_first_look_creates_everything_in_order_and_reports() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.look().await.unwrap();
    let mut calls = cluster.call_names();
    // Its name ends in a hash of everything that it works with, fresh passwords included.
    for call in calls
        .iter_mut()
        .filter(|call| call.starts_with("apply Job shop-setup-"))
    {
        call.truncate("apply Job shop-setup".len());
    }
    assert_eq!(
        calls,
        [
            "get Secret shop-postgres",
            "get Secret shop-databases",
            "create Secret shop-postgres",
            "create Secret shop-databases",
            "apply NetworkPolicy shop-default-deny",
            "apply NetworkPolicy shop-gateway",
            "apply NetworkPolicy shop-pay",
            "apply NetworkPolicy shop-kafka",
            "apply NetworkPolicy shop-postgres",
            "apply NetworkPolicy shop-setup",
            "apply ConfigMap shop-kafka",
            "apply ConfigMap shop-postgres",
            "apply Service shop-kafka",
            "apply Service shop-kafka-headless",
            "apply StatefulSet shop-kafka",
            "apply Service shop-postgres",
            "apply Service shop-postgres-headless",
            "apply StatefulSet shop-postgres",
            "apply Job shop-setup",
            "apply Deployment shop-gateway",
            "apply Deployment shop-pay",
            "apply Service shop-gateway",
            "apply PodDisruptionBudget shop-gateway",
            "apply Service shop-pay",
            "apply PodDisruptionBudget shop-pay",
            "status FoodDeliveryPlatform shop",
        ]
    );
}

#[tokio::test]
async fn a_look_that_finds_nothing_to_do_makes_no_call_at_all() {
    let mut cluster = Cluster::settled(&json!({})).await;
    cluster.look().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn an_operator_that_has_forgotten_everything_makes_no_write_either() {
    let mut cluster = Cluster::settled(&json!({})).await;
    cluster.restart_operator();
    cluster.look().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_look_before_the_caches_show_the_last_one_writes_nothing_twice() {
    let mut cluster = Cluster::with_platform(&json!({}));
    cluster.look().await.unwrap();
    cluster.calls();
    cluster.look().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_change_of_one_field_writes_one_object_and_says_which_pods_are_replaced() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.respecify(small_with(
        "pay",
        json!({ "env": [{ "name": "LOG_LEVEL", "value": "debug" }] }),
    ));
    cluster.look().await.unwrap();
    assert_eq!(
        cluster.call_names(),
        [
            "apply Deployment shop-pay",
            "event RollingOut",
            "status FoodDeliveryPlatform shop"
        ]
    );
}

#[tokio::test]
async fn a_changed_generation_is_reported_even_if_no_object_changes() {
    let mut cluster = Cluster::settled(&small()).await;
    let mut spec = small();
    spec["suspend"] = json!(false);
    cluster.respecify(spec);
    cluster.look().await.unwrap();
    assert_eq!(cluster.call_names(), ["status FoodDeliveryPlatform shop"]);
    cluster.look().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_deleted_child_comes_back() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Deployment", "shop-pay");
    cluster.look().await.unwrap();
    let calls = cluster.call_names();
    assert_eq!(calls[0], "apply Deployment shop-pay");
    assert!(
        !calls[1..].iter().any(|call| call.starts_with("apply")),
        "{calls:?}"
    );
}

#[tokio::test]
async fn a_field_that_somebody_else_changed_is_put_back_and_told() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.tamper("Service", "shop-pay", |service| {
        service["spec"]["ports"][0]["port"] = json!(1);
    });
    cluster.look().await.unwrap();
    assert_eq!(
        cluster.call_names(),
        ["apply Service shop-pay", "event DriftCorrected"]
    );
    assert_eq!(
        cluster.object("Service", "shop-pay")["spec"]["ports"][0]["port"],
        8082
    );
}

#[tokio::test]
async fn a_field_that_the_plan_does_not_set_belongs_to_whoever_set_it() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.tamper("Deployment", "shop-pay", |deployment| {
        deployment["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] =
            json!("now");
        deployment["metadata"]["generation"] = json!(7);
    });
    cluster.look().await.unwrap();
    let calls = cluster.call_names();
    assert!(!calls.iter().any(|call| call.starts_with("apply")), "{calls:?}");
}

#[tokio::test]
async fn a_service_that_is_switched_off_goes_and_nothing_else_does() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.respecify(small_with("pay", json!({ "enabled": false })));
    cluster.look().await.unwrap();
    let calls = cluster.call_names();
    let deletions: Vec<_> = calls.iter().filter(|call| call.starts_with("delete")).collect();
    assert_eq!(
        deletions,
        [
            "delete Deployment shop-pay",
            "delete NetworkPolicy shop-pay",
            "delete PodDisruptionBudget shop-pay",
            "delete Service shop-pay"
        ]
    );
    // It may not reach the data stores any more.
    let changes: Vec<_> = calls.iter().filter(|call| call.starts_with("apply")).collect();
    assert_eq!(
        changes,
        [
            "apply NetworkPolicy shop-kafka",
            "apply NetworkPolicy shop-postgres"
        ]
    );
}

#[tokio::test]
async fn an_object_of_somebody_else_is_never_deleted() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.tamper("Service", "shop-pay", |service| {
        service["metadata"]["ownerReferences"] = json!([]);
    });
    cluster.respecify(small_with("pay", json!({ "enabled": false })));
    cluster.look().await.unwrap();
    assert!(
        !cluster
            .call_names()
            .contains(&"delete Service shop-pay".to_owned())
    );
}

#[tokio::test]
async fn an_autoscaler_takes_over_the_present_number_of_replicas() {
    let mut cluster = Cluster::settled(&small_with("pay", json!({ "replicas": 4 }))).await;
    cluster.respecify(small_with("pay", json!({ "autoscaling": { "min": 2 } })));
    cluster.look().await.unwrap();
    let calls = cluster.calls();
    let about_pay: Vec<_> = calls
        .iter()
        .filter(|call| call.name == "apply Deployment shop-pay")
        .collect();
    assert_eq!(about_pay.len(), 2);
    assert_eq!(about_pay[0].manager, "fdp-operator-replicas");
    assert_eq!(
        about_pay[0].body["spec"],
        json!({ "replicas": 4 }),
        "a second owner keeps the number"
    );
    assert_eq!(about_pay[1].manager, "fdp-operator");
    assert_eq!(
        about_pay[1].body["spec"].get("replicas"),
        None,
        "the first one lets go"
    );

    cluster.catch_up();
    cluster.tamper("Deployment", "shop-pay", |deployment| {
        deployment["spec"]["replicas"] = json!(7);
    });
    cluster.look().await.unwrap();
    let calls = cluster.call_names();
    assert!(
        !calls.iter().any(|call| call.starts_with("apply")),
        "the autoscaler decides now: {calls:?}"
    );
}

#[tokio::test]
async fn a_suspended_platform_says_what_would_change_and_writes_nothing() {
    let mut cluster = Cluster::settled(&small()).await;
    let mut spec = small_with("pay", json!({ "replicas": 2 }));
    spec["suspend"] = json!(true);
    cluster.respecify(spec);
    cluster.look().await.unwrap();
    cluster.catch_up();
    assert_eq!(cluster.call_names(), ["status FoodDeliveryPlatform shop"]);
    assert_eq!(
        cluster.condition("Ready"),
        "False Suspended: suspended; when resumed, these change: Deployment shop-pay"
    );
    cluster.look().await.unwrap();
    assert_eq!(
        cluster.call_names(),
        Vec::<String>::new(),
        "the status is written once"
    );
}

#[tokio::test]
async fn a_refused_object_is_named_in_the_status_and_does_not_stop_the_others() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.refuse("Service shop-kafka");
    cluster.look().await.unwrap_err();
    cluster.catch_up();
    let calls = cluster.call_names();
    assert!(
        calls.contains(&"apply Deployment shop-pay".to_owned()),
        "{calls:?}"
    );
    assert_eq!(
        cluster.condition("Ready"),
        "False ApplyFailed: Service shop-kafka: exceeded quota"
    );
}

#[tokio::test]
async fn nothing_is_made_with_a_password_that_could_not_be_kept() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.refuse("Secret shop-databases");
    cluster.look().await.unwrap_err();
    let calls = cluster.call_names();
    assert_eq!(calls.last().unwrap(), "status FoodDeliveryPlatform shop");
    assert!(!calls.iter().any(|call| call.starts_with("apply")), "{calls:?}");
}

#[tokio::test]
async fn a_secret_that_the_caches_do_not_show_keeps_its_password() {
    let mut cluster = Cluster::with_platform(&small());
    let kept = json!({ "password": "a2VwdA==" });
    cluster.hide(
        "Secret",
        "shop-postgres",
        json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "name": "shop-postgres", "namespace": "food" }, "data": kept,
        }),
    );
    cluster.look().await.unwrap_err();
    assert_eq!(cluster.object("Secret", "shop-postgres")["data"], kept);
}

#[tokio::test]
async fn passwords_are_random_and_never_change_again() {
    let mut one = Cluster::settled(&small()).await;
    let other = Cluster::settled(&small()).await;
    let data = |cluster: &Cluster| cluster.object("Secret", "shop-databases")["data"].clone();
    let before = data(&one);
    assert_ne!(before, data(&other));
    let distinct: std::collections::BTreeSet<_> = before
        .as_object()
        .unwrap()
        .values()
        .map(ToString::to_string)
        .collect();
    assert_eq!(distinct.len(), 8, "one password per database");
    one.respecify(json!({}));
    one.look().await.unwrap();
    assert_eq!(before, data(&one));
}

#[tokio::test]
async fn a_platform_that_cannot_be_read_is_stalled_and_says_why() {
    let mut cluster = Cluster::with_platform(&json!({ "from": "the future" }));
    cluster.look().await.unwrap();
    cluster.catch_up();
    assert!(
        cluster.condition("Stalled").contains("from"),
        "{}",
        cluster.condition("Stalled")
    );
    assert_eq!(cluster.status()["observedGeneration"], 1);
}

#[tokio::test]
async fn a_platform_on_its_way_out_is_left_alone() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Deployment", "shop-pay");
    cluster.metadata()["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    cluster.look().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn objects_of_a_predecessor_of_the_same_name_are_waited_for() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.metadata()["uid"] = json!("uid-of-its-successor");
    cluster.look().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_made_with_the_passwords_of_a_predecessor() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.metadata()["uid"] = json!("uid-of-its-successor");
    cluster.delete("Deployment", "shop-pay");
    cluster.calls();
    cluster.look().await.unwrap();
    let calls = cluster.call_names();
    assert!(!calls.iter().any(|call| call.starts_with("apply")), "{calls:?}");
}

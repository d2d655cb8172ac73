//! Tests the calls that reconciliations make to the API server: all that are needed, and no others.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod cluster;

use std::time::Duration;

use cluster::{Cluster, Fault};
use fdp_operator::model::apis::Family;
use serde_json::json;

/// A platform with two services, so that lists of calls stay readable.
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
async fn the_first_reconciliation_creates_everything_in_waves_and_reports() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.reconcile().await.unwrap();
    let calls: Vec<String> = cluster
        .call_names()
        .into_iter()
        // Its name ends with a hash of all its inputs, including newly generated passwords.
        .map(|call| match call.find("shop-setup-") {
            Some(start) => call[..start + "shop-setup".len()].to_owned(),
            None => call,
        })
        .collect();
    let waves: [&[&str]; 7] = [
        &["get Secret shop-postgres", "get Secret shop-databases"],
        &["create Secret shop-postgres", "create Secret shop-databases"],
        &[
            "ServiceAccount shop-gateway",
            "ServiceAccount shop-pay",
            "NetworkPolicy shop-default-deny",
            "NetworkPolicy shop-gateway",
            "NetworkPolicy shop-pay",
            "NetworkPolicy shop-kafka",
            "NetworkPolicy shop-postgres",
            "NetworkPolicy shop-setup",
            "ConfigMap shop-kafka",
            "ConfigMap shop-postgres",
        ],
        &[
            "Service shop-kafka",
            "Service shop-kafka-headless",
            "StatefulSet shop-kafka",
            "Service shop-postgres",
            "Service shop-postgres-headless",
            "StatefulSet shop-postgres",
        ],
        &["Job shop-setup"],
        &["Deployment shop-gateway", "Deployment shop-pay"],
        &[
            "Service shop-gateway",
            "PodDisruptionBudget shop-gateway",
            "Service shop-pay",
            "PodDisruptionBudget shop-pay",
        ],
    ];
    // Before an object is created, one call checks that no other object has its name.
    let expected: Vec<Vec<String>> = waves
        .iter()
        .enumerate()
        .map(|(index, wave)| match index {
            0 | 1 => wave.iter().map(|&call| call.to_owned()).collect(),
            _ => wave
                .iter()
                .flat_map(|object| [format!("get {object}"), format!("apply {object}")])
                .collect(),
        })
        .collect();
    let mut rest = calls.as_slice();
    for mut wave in expected {
        let (mut made, later) = rest.split_at(wave.len().min(rest.len()));
        rest = later;
        let mut made: Vec<String> = std::mem::take(&mut made).to_vec();
        made.sort();
        wave.sort();
        assert_eq!(made, wave);
    }
    assert_eq!(rest, ["event Created", "status FoodDeliveryPlatform shop"]);
}

#[tokio::test]
async fn what_was_created_at_once_is_one_event() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.reconcile().await.unwrap();
    let events: Vec<_> = cluster
        .calls()
        .into_iter()
        .filter(|call| call.name == "event Created")
        .collect();
    assert_eq!(events.len(), 1);
    let note = events[0].body["note"].as_str().unwrap();
    assert!(note.contains("Secret shop-") && note.ends_with(" more"), "{note}");
}

#[tokio::test]
async fn a_refusal_is_an_event_and_another_one_only_with_other_words() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Service", "shop-pay");
    cluster.refuse("Service shop-pay");
    let refused = |cluster: &Cluster| {
        let calls = cluster.calls();
        let events = calls.into_iter().filter(|call| call.name == "event ApplyFailed");
        events
            .map(|call| call.body["note"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    cluster.reconcile_failing().await;
    cluster.catch_up();
    assert_eq!(refused(&cluster), ["Service shop-pay: exceeded quota"]);
    cluster.reconcile_failing().await;
    assert_eq!(refused(&cluster), Vec::<String>::new());
    cluster.delete("Service", "shop-gateway");
    cluster.refuse("Service shop-gateway");
    cluster.reconcile_failing().await;
    let again = refused(&cluster);
    assert!(
        again.len() == 1 && again[0].contains("Service shop-gateway"),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_reconciliation_without_changes_makes_no_call() {
    let mut cluster = Cluster::settled(&json!({})).await;
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn an_operator_that_has_forgotten_everything_makes_no_write_either() {
    let mut cluster = Cluster::settled(&json!({})).await;
    cluster.restart_operator();
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn what_services_reach_is_tried_once_and_leaves_no_jobs_and_no_events() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    cluster.reconcile().await.unwrap();
    let tries = |call: &&String| call.contains("-reach-");
    assert_eq!(cluster.call_names().iter().find(tries), None, "nothing is up yet");
    cluster.controllers_act();
    // Without the hash of what is tried.
    let calls_of = |cluster: &Cluster| -> Vec<String> {
        let calls = cluster.call_names().into_iter();
        calls
            .map(|call| match call.find("-reach-") {
                Some(end) => call[..end + "-reach".len()].to_owned(),
                None => call,
            })
            .collect()
    };
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    let mut calls = calls_of(&cluster);
    calls.sort();
    assert_eq!(
        calls,
        [
            "apply Job shop-gateway-reach",
            "apply Job shop-pay-reach",
            "event Ready",
            "get Job shop-gateway-reach",
            "get Job shop-pay-reach",
            "status FoodDeliveryPlatform shop",
        ]
    );
    cluster.reconcile().await.unwrap();
    assert_eq!(calls_of(&cluster), [""; 0], "they run");
    cluster.controllers_act();
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    assert_eq!(
        calls_of(&cluster),
        ["status FoodDeliveryPlatform shop"],
        "it is kept before they go"
    );
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    assert_eq!(
        calls_of(&cluster),
        ["delete Job shop-gateway-reach", "delete Job shop-pay-reach"]
    );
    cluster.reconcile().await.unwrap();
    cluster.restart_operator();
    cluster.reconcile().await.unwrap();
    assert_eq!(calls_of(&cluster), [""; 0]);
}

#[tokio::test]
async fn a_reconciliation_before_the_caches_catch_up_writes_nothing_twice() {
    let mut cluster = Cluster::with_platform(&json!({}));
    cluster.reconcile().await.unwrap();
    cluster.calls();
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_change_of_one_field_writes_one_object_and_reports_the_rollout() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.respecify(small_with(
        "pay",
        json!({ "env": [{ "name": "LOG_LEVEL", "value": "debug" }] }),
    ));
    cluster.reconcile().await.unwrap();
    assert_eq!(
        cluster.call_names(),
        [
            "apply Deployment shop-pay",
            "event RollingOut",
            "status FoodDeliveryPlatform shop",
            "event NotReady"
        ]
    );
}

#[tokio::test]
async fn a_changed_generation_is_reported_even_if_no_object_changes() {
    let mut cluster = Cluster::settled(&small()).await;
    let mut spec = small();
    spec["suspend"] = json!(false);
    cluster.respecify(spec);
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), ["status FoodDeliveryPlatform shop"]);
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_deleted_child_comes_back() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Deployment", "shop-pay");
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    assert_eq!(
        calls,
        [
            "get Deployment shop-pay",
            "apply Deployment shop-pay",
            "event Created",
            "status FoodDeliveryPlatform shop",
            "event NotReady"
        ]
    );
}

#[tokio::test]
async fn a_drifted_field_is_restored_and_reported() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.tamper("Service", "shop-pay", |service| {
        service["spec"]["ports"][0]["port"] = json!(1);
    });
    cluster.reconcile().await.unwrap();
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
async fn a_field_that_somebody_else_keeps_changing_is_left_alone_after_a_while() {
    let mut cluster = Cluster::settled(&small()).await;
    let change = |cluster: &mut Cluster| {
        cluster.tamper("Service", "shop-pay", |service| {
            service["spec"]["ports"][0]["port"] = json!(1);
            service["metadata"]["managedFields"] = json!([{ "manager": "other-tool", "operation": "Update",
                "fieldsV1": { "f:spec": { "f:ports": { "k:{\"port\":1}": { "f:port": {} } } } } }]);
        });
    };
    let mut writes = 0;
    for _ in 0..30 {
        change(&mut cluster);
        cluster.reconcile().await.unwrap();
        cluster.catch_up();
        let calls = cluster.call_names();
        writes += calls.iter().filter(|call| call.starts_with("apply")).count();
    }
    assert_eq!(writes, 10);
    let stalled = cluster.condition("Stalled");
    assert!(
        stalled.starts_with("True FieldContested: Service shop-pay: spec.ports")
            && stalled.contains("is changed by other-tool whenever fdp-operator puts it back"),
        "{stalled}"
    );
    assert!(
        cluster.condition("Ready").starts_with("True"),
        "nothing else is wrong"
    );
    change(&mut cluster);
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), [""; 0], "what is known costs no call");
    // Another change of the plan is not delayed.
    cluster.respecify(small_with("pay", json!({ "replicas": 2 })));
    cluster.reconcile().await.unwrap();
    assert!(
        cluster
            .call_names()
            .contains(&"apply Deployment shop-pay".to_owned())
    );
}

#[tokio::test]
async fn a_field_that_an_annotation_leaves_to_others_keeps_their_value() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.tamper("Service", "shop-pay", |service| {
        service["metadata"]["annotations"]["fooddelivery.dev/unmanaged-fields"] = json!("spec.ports");
        service["spec"]["ports"][0]["port"] = json!(1);
    });
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), [""; 0]);
    cluster.tamper("Service", "shop-pay", |service| {
        service["metadata"]["labels"]["app.kubernetes.io/component"] = json!("other");
    });
    cluster.reconcile().await.unwrap();
    let calls = cluster.calls();
    let handed_over = calls
        .iter()
        .find(|call| call.manager == "fdp-operator-unmanaged")
        .unwrap();
    assert_eq!(handed_over.body["spec"]["ports"][0]["port"], 1);
    let applied = calls.iter().find(|call| call.manager == "fdp-operator").unwrap();
    assert!(applied.body["spec"]["selector"].is_object() && applied.body["spec"]["ports"].is_null());
}

#[tokio::test]
async fn the_replicas_of_a_foreign_autoscaler_are_left_to_it() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.scaled_by_others("shop-pay");
    cluster.tamper("Deployment", "shop-pay", |deployment| {
        deployment["spec"]["replicas"] = json!(4);
    });
    cluster.reconcile().await.unwrap();
    let calls = cluster.calls();
    let handed_over = calls
        .iter()
        .find(|call| call.manager == "fdp-operator-replicas")
        .unwrap();
    assert_eq!(handed_over.body["spec"], json!({ "replicas": 4 }));
    let applied = calls
        .iter()
        .find(|call| call.name == "apply Deployment shop-pay" && call.manager == "fdp-operator");
    assert!(applied.unwrap().body["spec"]["replicas"].is_null());
    cluster.catch_up();
    cluster.tamper("Deployment", "shop-pay", |deployment| {
        deployment["spec"]["replicas"] = json!(5);
    });
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    assert!(!calls.iter().any(|call| call.starts_with("apply")), "{calls:?}");
}

#[tokio::test]
async fn an_autoscaler_of_ours_makes_way_for_a_foreign_one() {
    let mut cluster = Cluster::settled(&small_with("pay", json!({ "autoscaling": {} }))).await;
    cluster.object("HorizontalPodAutoscaler", "shop-pay");
    cluster.scaled_by_others("shop-pay");
    cluster.reconcile().await.unwrap();
    assert!(
        cluster
            .call_names()
            .contains(&"delete HorizontalPodAutoscaler shop-pay".to_owned()),
        "two autoscalers of one Deployment stop each other"
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
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    assert!(!calls.iter().any(|call| call.starts_with("apply")), "{calls:?}");
}

#[tokio::test]
async fn a_service_that_is_switched_off_goes_and_nothing_else_does() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.respecify(small_with("pay", json!({ "enabled": false })));
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    let deletions: Vec<_> = calls.iter().filter(|call| call.starts_with("delete")).collect();
    assert_eq!(
        deletions,
        [
            "delete Deployment shop-pay",
            "delete NetworkPolicy shop-pay",
            "delete PodDisruptionBudget shop-pay",
            "delete Service shop-pay",
            "delete ServiceAccount shop-pay"
        ]
    );
    // The deleted service may no longer connect to the data stores.
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
async fn an_object_of_another_owner_is_never_deleted() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.tamper("Service", "shop-pay", |service| {
        service["metadata"]["ownerReferences"] = json!([]);
    });
    cluster.respecify(small_with("pay", json!({ "enabled": false })));
    cluster.reconcile().await.unwrap();
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
    cluster.reconcile().await.unwrap();
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
    cluster.reconcile().await.unwrap();
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
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    assert_eq!(
        cluster.call_names(),
        ["status FoodDeliveryPlatform shop", "event NotReady"]
    );
    assert_eq!(
        cluster.condition("Ready"),
        "False Suspended: suspended; when resumed, these change: Deployment shop-pay"
    );
    cluster.reconcile().await.unwrap();
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
    cluster.reconcile().await.unwrap_err();
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
async fn only_what_reads_a_secret_that_is_refused_waits_for_it() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.refuse("Secret shop-databases");
    cluster.reconcile().await.unwrap_err();
    cluster.catch_up();
    let calls = cluster.call_names();
    let applied = |object: &str| calls.contains(&format!("apply {object}"));
    for reads_it_not in [
        "StatefulSet shop-postgres",
        "StatefulSet shop-kafka",
        "Service shop-pay",
    ] {
        assert!(applied(reads_it_not), "{reads_it_not}: {calls:?}");
    }
    for reads_it in ["Deployment shop-pay", "Job shop-setup"] {
        let begins = |call: &String| call.starts_with(&format!("apply {reads_it}"));
        assert!(!calls.iter().any(begins), "{reads_it}: {calls:?}");
    }
    let ready = cluster.condition("Ready");
    let (before, waiting) = ready.split_once(" (").unwrap();
    assert_eq!(before, "False ApplyFailed: Secret shop-databases: exceeded quota");
    assert!(
        waiting.contains("Deployment shop-pay wait for it") && waiting.starts_with("Job shop-setup-"),
        "{ready}"
    );
}

#[tokio::test]
async fn what_waited_for_a_secret_is_made_as_soon_as_the_secret_is_kept() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.refuse("Secret shop-databases");
    cluster.reconcile().await.unwrap_err();
    cluster.catch_up();
    cluster.accept_everything();
    cluster.calls();
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    let place = |name: &str| calls.iter().position(|call| call.starts_with(name));
    let (secret, job, pay) = (
        place("create Secret shop-databases"),
        place("apply Job shop-setup"),
        place("apply Deployment shop-pay"),
    );
    assert!(secret.is_some() && secret < job && job < pay, "{calls:?}");
}

#[tokio::test]
async fn what_runs_keeps_its_password_while_the_secret_that_was_lost_is_refused() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Secret", "shop-databases");
    cluster.refuse("Secret shop-databases");
    cluster.calls();
    cluster.reconcile().await.unwrap_err();
    let calls = cluster.call_names();
    let touched = |call: &String| call.starts_with("apply") || call.starts_with("delete");
    assert!(!calls.iter().any(touched), "{calls:?}");
}

#[tokio::test]
async fn a_write_that_is_refused_again_changes_nothing_in_the_status() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.refuse("Secret shop-databases");
    cluster.reconcile().await.unwrap_err();
    cluster.catch_up();
    let stored = cluster.object("Secret", "shop-postgres")["data"].clone();
    cluster.calls();
    cluster.reconcile().await.unwrap_err();
    assert_eq!(
        cluster.call_names(),
        ["get Secret shop-databases", "create Secret shop-databases"],
        "no status: it would wake the queue"
    );
    assert_eq!(cluster.object("Secret", "shop-postgres")["data"], stored);
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
    cluster.reconcile().await.unwrap_err();
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
    one.reconcile().await.unwrap();
    assert_eq!(before, data(&one));
}

#[tokio::test]
async fn a_platform_that_cannot_be_read_is_stalled_and_says_why() {
    let mut cluster = Cluster::with_platform(&json!({ "from": "the future" }));
    cluster.reconcile().await.unwrap();
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
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn objects_of_a_predecessor_of_the_same_name_are_waited_for() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.metadata()["uid"] = json!("uid-of-its-successor");
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_made_with_the_passwords_of_a_predecessor() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.metadata()["uid"] = json!("uid-of-its-successor");
    cluster.delete("Deployment", "shop-pay");
    cluster.calls();
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    assert!(!calls.iter().any(|call| call.starts_with("apply")), "{calls:?}");
}

#[tokio::test]
async fn a_labelled_secret_costs_no_call_and_rolls_its_reader_when_it_changes() {
    let mut spec = small_with("customer", json!({}));
    spec["notifications"] = json!({ "kakao": { "secretRef": { "name": "kakao-app" } } });
    let secret = |labels: serde_json::Value, token: &str| {
        json!({ "metadata": { "name": "kakao-app", "namespace": "food", "labels": labels },
            "data": { "restApiKey": "YQ==", "refreshToken": token } })
    };
    let mut cluster = Cluster::with_platform(&spec);
    cluster.hide("Secret", "kakao-app", secret(json!({}), "YQ=="));
    cluster.settle().await;
    cluster.reconcile().await.unwrap();
    assert_eq!(
        cluster.call_names(),
        ["get Secret kakao-app"],
        "no watch tells of it"
    );
    let command = "kubectl label --overwrite secret kakao-app -n food fooddelivery.dev/shared-with=platforms";
    let ready = cluster.condition("Ready");
    assert!(ready.starts_with("True") && ready.contains(command), "{ready}");

    let shared = json!({ "fooddelivery.dev/shared-with": "platforms" });
    cluster.sees_secret("kakao-app", Some(&secret(shared.clone(), "YQ==")));
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), ["status FoodDeliveryPlatform shop"]);
    cluster.catch_up();
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());

    cluster.sees_secret("kakao-app", Some(&secret(shared, "Yg==")));
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    assert!(
        calls.contains(&"apply Deployment shop-customer".to_owned()),
        "{calls:?}"
    );
    assert!(
        !calls.contains(&"apply Deployment shop-pay".to_owned()),
        "{calls:?}"
    );
    cluster.controllers_act();

    // Deleted: what runs is left alone.
    cluster.sees_secret("kakao-app", None);
    cluster.delete("Secret", "kakao-app");
    cluster.reconcile().await.unwrap();
    let calls = cluster.call_names();
    assert!(calls.iter().all(|call| !call.starts_with("apply")), "{calls:?}");
    cluster.catch_up();
    let services = cluster.condition("ServicesReady");
    assert!(
        services.starts_with("False SecretMissing: Secret kakao-app"),
        "{services}"
    );
}

#[tokio::test]
async fn an_object_of_another_owner_is_adopted_only_on_request() {
    let mut cluster = Cluster::with_platform(&small());
    let theirs = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": "shop-pay", "namespace": "food" }, "spec": { "type": "NodePort" },
    });
    cluster.hide("Service", "shop-pay", theirs.clone());
    cluster.reconcile().await.unwrap_err();
    cluster.catch_up();
    assert_eq!(cluster.object("Service", "shop-pay"), theirs);
    let ready = cluster.condition("Ready");
    assert!(
        ready.starts_with("False ApplyFailed: Service shop-pay: it is there already")
            && ready.contains("fooddelivery.dev/adopt"),
        "{ready}"
    );

    // A user who may edit platforms must not get control of other objects with this annotation.
    cluster.metadata()["annotations"] = json!({ "fooddelivery.dev/adopt": "true" });
    cluster.reconcile().await.unwrap_err();
    assert_eq!(cluster.object("Service", "shop-pay"), theirs);

    let mut given = theirs;
    given["metadata"]["annotations"] = json!({ "fooddelivery.dev/adopt": "shop" });
    cluster.hide("Service", "shop-pay", given);
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.object("Service", "shop-pay")["spec"]["type"], "ClusterIP");
}

#[tokio::test]
async fn a_secret_of_another_owner_keeps_its_values_when_it_is_adopted() {
    let mut cluster = Cluster::with_platform(&small());
    // "their password"
    let password = "dGhlaXIgcGFzc3dvcmQ=";
    let mut secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": { "name": "shop-postgres", "namespace": "food" }, "data": { "password": password },
    });
    cluster.hide("Secret", "shop-postgres", secret.clone());
    cluster.reconcile().await.unwrap_err();
    cluster.catch_up();
    let ready = cluster.condition("Ready");
    assert!(
        ready.contains("kubectl -n food annotate secret shop-postgres fooddelivery.dev/adopt=shop"),
        "{ready}"
    );
    assert_eq!(cluster.object("Secret", "shop-postgres"), secret);

    secret["metadata"]["annotations"] = json!({ "fooddelivery.dev/adopt": "shop" });
    cluster.hide("Secret", "shop-postgres", secret);
    cluster.reconcile().await.unwrap();
    let taken = cluster.object("Secret", "shop-postgres");
    assert_eq!(taken["metadata"]["labels"]["fooddelivery.dev/platform"], "shop");
    assert_eq!(taken["data"]["password"], password);
}

#[tokio::test]
async fn an_object_whose_label_was_removed_is_still_ours() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.tamper("Service", "shop-pay", |service| {
        service["metadata"]["labels"] = json!({});
    });
    cluster.reconcile().await.unwrap();
    let labels = &cluster.object("Service", "shop-pay")["metadata"]["labels"];
    assert_eq!(labels["fooddelivery.dev/platform"], "shop");
}

#[tokio::test]
async fn an_upgrade_goes_from_the_leaves_to_the_gateway_step_by_step() {
    let mut cluster = Cluster::settled(&json!({})).await;
    cluster.respecify(json!({ "image": { "tag": "2" } }));
    let mut turns = Vec::new();
    for _ in 0..6 {
        cluster.reconcile().await.unwrap();
        let mut replaced: Vec<String> = cluster
            .call_names()
            .into_iter()
            .filter_map(|call| Some(call.strip_prefix("apply Deployment shop-")?.to_owned()))
            .collect();
        replaced.sort();
        turns.push(replaced);
        cluster.controllers_act();
    }
    assert_eq!(
        turns,
        [
            // The setup Job of the new version comes first.
            vec![],
            vec![
                "customer",
                "delivery",
                "frontend",
                "inventory",
                "marketing",
                "store"
            ],
            vec!["pay"],
            vec!["order"],
            vec!["gateway"],
            vec![],
        ]
    );
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    assert_eq!(
        cluster.condition("Ready"),
        "True PlatformReady: everything is up; orders are taken"
    );
    assert_eq!(cluster.status()["version"], "2");
}

#[tokio::test]
async fn a_bad_version_stops_at_the_first_turn_and_putting_the_tag_back_heals() {
    let mut cluster = Cluster::settled(&json!({})).await;
    let before = cluster.object("Deployment", "shop-pay");
    cluster.respecify(json!({ "image": { "tag": "bad" } }));
    cluster.reconcile().await.unwrap();
    cluster.controllers_act();
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    for part in [
        "customer",
        "delivery",
        "frontend",
        "inventory",
        "marketing",
        "store",
    ] {
        cluster.tamper("Deployment", &format!("shop-{part}"), |deployment| {
            deployment["status"] = json!({
                "observedGeneration": deployment["metadata"]["generation"],
                "replicas": 2, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
                "conditions": [{
                    "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                    "message": "has timed out",
                }],
            });
        });
    }
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    assert_eq!(
        cluster.object("Deployment", "shop-pay"),
        before,
        "the old version serves on"
    );
    let stalled = cluster.condition("Stalled");
    assert!(
        stalled.starts_with("True RolloutStopped: Deployment shop-")
            && stalled.contains("Deployment shop-pay waits for"),
        "{stalled}"
    );
    assert_eq!(
        cluster.status()["version"],
        env!("CARGO_PKG_VERSION"),
        "it moves when a rollout has finished"
    );

    cluster.respecify(json!({}));
    // First the setup, then the services that had the bad version.
    for _ in 0..3 {
        cluster.reconcile().await.unwrap();
        cluster.controllers_act();
    }
    cluster.catch_up();
    assert_eq!(
        cluster.condition("Ready"),
        "True PlatformReady: everything is up; orders are taken"
    );
}

#[tokio::test]
async fn a_throttled_operator_waits_for_the_retry_after() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Service", "shop-pay");
    cluster.fault(Some(Fault::Throttles(40)));
    assert_eq!(cluster.reconcile_failing().await, Duration::from_secs(40));
    cluster.fault(None);
    cluster.reconcile().await.unwrap();
    assert!(
        cluster
            .call_names()
            .contains(&"apply Service shop-pay".to_owned())
    );
}

#[tokio::test]
async fn a_failing_api_server_is_called_less_often_until_it_recovers() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Service", "shop-pay");
    cluster.fault(Some(Fault::Responds(500)));
    for seconds in [1, 2, 4, 8] {
        let wait = cluster.reconcile_failing().await;
        let asked = Duration::from_secs(seconds);
        assert!(
            wait >= asked.mul_f64(0.8) && wait <= asked.mul_f64(1.2),
            "{seconds} s: {wait:?}"
        );
    }
    cluster.fault(None);
    cluster.reconcile().await.unwrap();
    assert!(
        cluster
            .call_names()
            .contains(&"apply Service shop-pay".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_to_a_hanging_api_server_times_out() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.delete("Service", "shop-pay");
    cluster.fault(Some(Fault::Hangs));
    let asked = tokio::time::Instant::now();
    cluster.reconcile().await.unwrap_err();
    assert!(asked.elapsed() < Duration::from_mins(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn an_operator_that_loses_the_lease_while_reconciling_stops_writing() {
    let mut cluster = Cluster::with_platform(&small());
    cluster.loses_the_lease_after(5);
    cluster.reconcile().await.unwrap_err();
    let writes = |calls: Vec<String>| calls.into_iter().filter(|call| !call.starts_with("get")).count();
    // Only the few writes that were in progress when it lost the Lease.
    assert!((5..13).contains(&writes(cluster.call_names())));
    cluster.reconcile().await.unwrap_err();
    assert_eq!(writes(cluster.call_names()), 0);
    // The new leader reaches the same state.
    cluster.restart_operator();
    cluster.reconcile().await.unwrap();
    cluster.controllers_act();
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    assert!(cluster.condition("Ready").starts_with("True PlatformReady"));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_a_condition_and_heals_when_it_comes() {
    let mut cluster = Cluster::settled(&json!({ "mesh": { "provider": "Istio" } })).await;
    let missing = cluster.condition("MeshReady");
    assert!(
        missing.starts_with("False ApiMissing: Istio is not in the cluster")
            && missing.contains("install Istio"),
        "{missing}"
    );
    cluster.has(Family::Istio, true);
    for _ in 0..8 {
        cluster.reconcile().await.unwrap();
        cluster.controllers_act();
    }
    cluster.catch_up();
    assert!(
        cluster.condition("MeshReady").starts_with("True"),
        "{}",
        cluster.condition("MeshReady")
    );
    assert!(cluster.condition("Ready").starts_with("True"));
    // When the kind is gone, its objects are not missing, and no calls are made for them.
    cluster.calls();
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_taken_node_port_is_said_with_who_has_it_and_gives_no_address() {
    let asked = json!({ "exposure": "NodePort", "nodePort": 30080 });
    let mut spec = small();
    spec["gateway"] = asked;
    for (labels, holder) in [
        (
            json!({ "fooddelivery.dev/platform": "shop" }),
            "Service shop-gateway of the platform other/shop",
        ),
        (json!({}), "Service other/shop-gateway"),
    ] {
        let mut cluster = Cluster::with_platform(&spec);
        cluster.other_service(json!({
            "metadata": { "name": "shop-gateway", "namespace": "other", "labels": labels },
            "spec": { "type": "NodePort", "ports": [{ "port": 8080, "nodePort": 30080 }] },
        }));
        cluster.reconcile_failing().await;
        cluster.catch_up();
        let ready = cluster.condition("Ready");
        let expected = format!(
            "False ApplyFailed: Service shop-gateway: node port 30080 belongs to {holder}: choose another one in \
             spec.gateway.nodePort, or leave it out"
        );
        assert!(ready.starts_with(&expected), "{ready}");
        assert!(cluster.status()["url"].is_null());
    }
}

#[tokio::test]
async fn in_a_namespace_that_is_deleted_one_refusal_is_enough() {
    let mut cluster = Cluster::settled(&small()).await;
    cluster.end_namespace();
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    let creates = |cluster: &Cluster| {
        let calls = cluster.call_names();
        calls
            .into_iter()
            .filter(|call| call.starts_with("create") || call.starts_with("apply"))
            .count()
    };
    assert_eq!(creates(&cluster), 1);
    let said = cluster.condition("Ready");
    assert!(
        said.starts_with("False NamespaceTerminating: namespace food is being deleted"),
        "{said}"
    );
    assert!(
        cluster
            .condition("Stalled")
            .starts_with("False NamespaceTerminating")
    );
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_part_that_was_away_for_a_moment_is_remembered_without_another_call() {
    let mut cluster = Cluster::settled(&small()).await;
    let ready = |cluster: &mut Cluster, ready: i32| {
        cluster.tamper("StatefulSet", "shop-kafka", |set| {
            set["status"]["readyReplicas"] = json!(ready);
        });
    };
    ready(&mut cluster, 0);
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    let outage = cluster.status()["outages"][0].clone();
    assert_eq!(outage["condition"], "KafkaReady");
    assert!(outage["to"].is_null());
    ready(&mut cluster, 1);
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    let outages = cluster.status()["outages"].clone();
    assert_eq!(outages.as_array().unwrap().len(), 1);
    assert!(outages[0]["to"].is_string());
    assert!(outages[0]["message"].as_str().unwrap().contains("shop-kafka"));
    cluster.calls();
    cluster.reconcile().await.unwrap();
    assert_eq!(cluster.call_names(), [""; 0]);
}

#[tokio::test]
async fn a_host_is_left_to_an_older_platform_until_that_gives_it_up() {
    let mesh = json!({ "provider": "Istio" });
    let mut cluster = Cluster::with_platform(&{
        let mut spec = small();
        spec["mesh"] = mesh.clone();
        spec
    });
    cluster.has(Family::Istio, true);
    cluster.metadata()["creationTimestamp"] = json!("2026-02-01T00:00:00Z");
    cluster.other_platform("2026-01-01T00:00:00Z", &json!({ "mesh": mesh }));
    cluster.reconcile().await.unwrap();
    cluster.catch_up();
    let gateway = || "apply Gateway shop-gateway".to_owned();
    assert!(!cluster.call_names().contains(&gateway()));
    let said = cluster.condition("MeshReady");
    assert!(
        said.starts_with("False HostTaken: ") && said.contains("belongs to the platform other/shop"),
        "{said}"
    );
    cluster.other_platform("2026-01-01T00:00:00Z", &json!({}));
    cluster.reconcile().await.unwrap();
    assert!(cluster.call_names().contains(&gateway()));
}

//! Tests the status of a platform, and when the times of its conditions change.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_crds::{FoodDeliveryPlatform, FoodDeliveryPlatformStatus, condition};
use fdp_operator::{
    controller::report::next_status,
    model::{
        apis::MetricsApi,
        assessment::{Assessment, Unwritten},
        observed::Observed,
    },
    plan::{conditions::assess, owned_kinds},
    settings::Settings,
    spec::Validated,
};
use jiff::Timestamp;
use serde_json::{Value, json};

fn platform(spec: &Value) -> Validated {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "generation": 4 }, "spec": spec,
    }))
    .unwrap();
    Validated::new(&platform, &Settings::default()).unwrap()
}

/// A cluster in which all of the platform is ready.
fn all_up(platform: &Validated) -> Observed {
    let mut observed = Observed {
        metrics: MetricsApi::Available,
        ..Observed::default()
    };
    for planned in fdp_operator::plan::plan(platform, &observed).objects {
        let mut object = kube::core::DynamicObject::clone(&planned.object);
        let replicas = object
            .data
            .pointer("/spec/replicas")
            .and_then(Value::as_i64)
            .unwrap_or(1);
        object.data["status"] = match planned.resource.kind.as_str() {
            "Deployment" => {
                json!({ "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas, "readyReplicas": replicas })
            }
            "StatefulSet" => {
                json!({ "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "a" })
            }
            "Job" => json!({ "conditions": [{ "type": "Complete", "status": "True" }] }),
            _ => continue,
        };
        observed
            .children
            .insert(&planned.resource, std::sync::Arc::new(object));
    }
    observed
}

/// Changes the status of one object.
fn with_status(observed: &mut Observed, kind: &str, name: &str, status: Value) {
    let resource = owned_kinds()
        .into_iter()
        .find(|resource| resource.kind == kind)
        .unwrap();
    let key = fdp_operator::model::object::ObjectKey::new(kind, name);
    let mut object = kube::core::DynamicObject::clone(observed.children.get(&key).unwrap());
    object.data["status"] = status;
    observed.children.insert(&resource, std::sync::Arc::new(object));
}

fn said(assessment: &Assessment, type_: &str) -> String {
    let condition = assessment.condition(type_).unwrap();
    format!(
        "{} {}: {}",
        condition.status.as_str(),
        condition.reason.as_str(),
        condition.message
    )
}

#[test]
fn a_platform_whose_parts_are_all_up_is_ready() {
    let platform = platform(&json!({}));
    let assessment = assess(&platform, &all_up(&platform));
    assert_eq!(
        said(&assessment, condition::READY),
        "True PlatformReady: everything is up; orders are taken"
    );
    assert_eq!(
        said(&assessment, condition::RECONCILING),
        "False Finished: nothing is left to do"
    );
    assert_eq!(
        said(&assessment, condition::STALLED),
        "False NotStalled: nothing needs somebody to step in"
    );
    assert_eq!(assessment.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(assessment.services.len(), 9);
}

#[test]
fn a_new_platform_says_what_it_waits_for() {
    let assessment = assess(&platform(&json!({})), &Observed::default());
    assert_eq!(
        said(&assessment, condition::KAFKA_READY),
        "False Waiting: StatefulSet shop-kafka: not created yet"
    );
    let ready = said(&assessment, condition::READY);
    assert!(
        ready.starts_with("False KafkaNotReady: StatefulSet shop-kafka: not created yet; "),
        "{ready}"
    );
    assert!(ready.ends_with("; and 9 more"), "{ready}");
    assert_eq!(assessment.version, None);
}

#[test]
fn each_missing_part_has_its_condition_and_is_the_reason() {
    let cases = [
        (
            "StatefulSet",
            "shop-kafka",
            condition::KAFKA_READY,
            "KafkaNotReady",
        ),
        (
            "StatefulSet",
            "shop-postgres",
            condition::DATABASE_READY,
            "DatabaseNotReady",
        ),
        (
            "Deployment",
            "shop-order",
            condition::SERVICES_READY,
            "ServicesNotReady",
        ),
    ];
    let platform = platform(&json!({}));
    for (kind, name, type_, reason) in cases {
        let mut observed = all_up(&platform);
        with_status(&mut observed, kind, name, json!({}));
        let assessment = assess(&platform, &observed);
        let ready = said(&assessment, condition::READY);
        assert!(
            ready.starts_with(&format!("False {reason}: {kind} {name}: 0 of 1 ready")),
            "{ready}"
        );
        assert!(said(&assessment, type_).starts_with("False Waiting"), "{name}");
        assert!(
            said(&assessment, condition::RECONCILING).starts_with("True Progressing"),
            "{name}"
        );
        let others = assessment
            .conditions
            .iter()
            .skip(3)
            .filter(|condition| condition.type_ != type_);
        assert!(
            others
                .into_iter()
                .all(|condition| condition.status.as_str() == "True"),
            "{name}"
        );
    }
}

#[test]
fn a_setup_that_was_given_up_stalls_the_platform() {
    let platform = platform(&json!({}));
    let mut observed = all_up(&platform);
    let name = fdp_operator::plan::setup::job_name(&platform, &observed);
    with_status(
        &mut observed,
        "Job",
        &name,
        json!({ "conditions": [
        { "type": "Failed", "status": "True", "message": "too many failures" },
    ] }),
    );
    let assessment = assess(&platform, &observed);
    assert!(
        said(&assessment, condition::STALLED).starts_with(&format!("True PartFailed: Job {name}: failed"))
    );
    assert!(said(&assessment, condition::RECONCILING).starts_with("False Stalled"));
    assert!(said(&assessment, condition::READY).starts_with("False SetupNotComplete"));
}

#[test]
fn what_could_not_be_written_makes_a_platform_unready() {
    let platform = platform(&json!({}));
    let up = assess(&platform, &all_up(&platform));
    let refused = Unwritten {
        refused: vec!["Service shop-pay: quota".to_owned()],
        ..Unwritten::default()
    };
    let assessment = up.clone().with_unwritten(&refused);
    assert_eq!(
        said(&assessment, condition::READY),
        "False ApplyFailed: Service shop-pay: quota; orders are taken"
    );
    assert!(said(&assessment, condition::RECONCILING).starts_with("True ApplyFailed"));
    assert_eq!(up.clone().with_unwritten(&Unwritten::default()), up);
}

#[test]
fn the_address_follows_the_exposure() {
    let url = |gateway: Value, node: Option<&str>, service: Value| {
        let platform = platform(&json!({ "gateway": gateway }));
        let mut observed = Observed {
            node_address: node.map(str::to_owned),
            ..Observed::default()
        };
        let resource = owned_kinds()
            .into_iter()
            .find(|resource| resource.kind == "Service")
            .unwrap();
        let mut object = kube::core::DynamicObject::new("shop-gateway", &resource);
        object.data = service;
        observed.children.insert(&resource, std::sync::Arc::new(object));
        assess(&platform, &observed).url
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        url(json!({}), None, json!({})),
        text("http://shop-gateway.food.svc:8080")
    );
    let fixed = json!({ "exposure": "NodePort", "nodePort": 30080, "hosts": ["127.0.0.1", "other"] });
    assert_eq!(
        url(fixed.clone(), Some("10.0.0.5"), json!({})),
        None,
        "somebody else may have that port"
    );
    let given = json!({ "spec": { "ports": [{ "port": 8080, "nodePort": 30080 }] } });
    assert_eq!(
        url(fixed, Some("10.0.0.5"), given),
        text("http://127.0.0.1:30080")
    );
    let chosen = json!({ "spec": { "ports": [{ "port": 8080, "nodePort": 31234 }] } });
    assert_eq!(
        url(json!({ "exposure": "NodePort" }), Some("10.0.0.5"), chosen),
        text("http://10.0.0.5:31234")
    );
    assert_eq!(url(json!({ "exposure": "NodePort" }), None, json!({})), None);
    assert_eq!(
        url(json!({ "exposure": "LoadBalancer" }), None, json!({})),
        text("pending")
    );
    let balanced = json!({ "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.7" }] } } });
    assert_eq!(
        url(json!({ "exposure": "LoadBalancer" }), None, balanced),
        text("http://192.0.2.7:8080")
    );
}

#[test]
fn the_transition_time_changes_only_with_the_status() {
    let platform = platform(&json!({}));
    let at = |second| Timestamp::from_second(second).unwrap();
    let waiting = assess(&platform, &Observed::default());
    let up = assess(&platform, &all_up(&platform));
    let since = |status: &FoodDeliveryPlatformStatus| {
        condition::find(&status.conditions, condition::READY)
            .unwrap()
            .last_transition_time
            .0
            .as_second()
    };
    let first = next_status(&FoodDeliveryPlatformStatus::default(), &waiting, Some(1), at(100));
    assert_eq!(since(&first), 100);
    let mut still_waiting = waiting.clone();
    still_waiting.conditions[0].message = "something else is missing".to_owned();
    let second = next_status(&first, &still_waiting, Some(2), at(200));
    assert_eq!(since(&second), 100);
    assert!(
        second
            .conditions
            .iter()
            .all(|condition| condition.observed_generation == Some(2))
    );
    let third = next_status(&second, &up, Some(2), at(300));
    assert_eq!(since(&third), 300);
    assert_eq!(
        next_status(&third, &up, Some(2), at(400)),
        third,
        "nothing to write"
    );
}

#[test]
fn the_version_is_the_one_that_runs_until_the_next_one_does() {
    let old = platform(&json!({ "image": { "tag": "1" } }));
    let running = next_status(
        &FoodDeliveryPlatformStatus::default(),
        &assess(&old, &all_up(&old)),
        Some(1),
        Timestamp::UNIX_EPOCH,
    );
    assert_eq!(running.version.as_deref(), Some("1"));
    let new = platform(&json!({ "image": { "tag": "2" } }));
    let mut rolling = all_up(&new);
    with_status(
        &mut rolling,
        "Deployment",
        "shop-pay",
        json!({ "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1 }),
    );
    let during = next_status(&running, &assess(&new, &rolling), Some(2), Timestamp::UNIX_EPOCH);
    assert_eq!(during.version.as_deref(), Some("1"));
    let after = next_status(
        &during,
        &assess(&new, &all_up(&new)),
        Some(2),
        Timestamp::UNIX_EPOCH,
    );
    assert_eq!(after.version.as_deref(), Some("2"));
}

#[test]
fn a_cluster_without_metrics_api_is_a_condition_on_a_ready_platform() {
    let platform = platform(&json!({}));
    let mut observed = all_up(&platform);
    observed.metrics = MetricsApi::Missing;
    let assessment = assess(&platform, &observed);
    let said_of_it = said(&assessment, condition::AUTOSCALING_READY);
    assert!(
        said_of_it.starts_with("False MetricsMissing") && said_of_it.contains("install metrics-server"),
        "{said_of_it}"
    );
    assert!(said(&assessment, condition::READY).starts_with("True"));

    observed.metrics = MetricsApi::Unavailable("no endpoints".to_owned());
    let assessment = assess(&platform, &observed);
    assert!(
        said(&assessment, condition::AUTOSCALING_READY).starts_with("False MetricsUnavailable")
            && said(&assessment, condition::AUTOSCALING_READY).contains("no endpoints")
    );
}

#[test]
fn a_platform_without_pay_refuses_every_order_and_is_not_ready() {
    for off in [json!({ "enabled": false }), json!({ "replicas": 0 })] {
        let platform = platform(&json!({ "services": { "pay": off } }));
        let assessment = assess(&platform, &all_up(&platform));
        let ready = said(&assessment, condition::READY);
        assert!(
            ready.starts_with("False OrdersRefused: orders are refused: pay is "),
            "{ready}"
        );
        assert!(said(&assessment, condition::STALLED).starts_with("True OrdersRefused"));
        assert!(said(&assessment, condition::SERVICES_READY).starts_with("True"));
    }
}

#[test]
fn orders_that_never_end_make_a_platform_not_ready() {
    for service in ["store", "delivery", "inventory"] {
        let disabled = platform(&json!({ "services": { service: { "enabled": false } } }));
        let assessment = assess(&disabled, &all_up(&disabled));
        for (type_, expected) in [
            (
                condition::READY,
                "False OrdersNotDelivered: orders are taken and not delivered: ",
            ),
            (
                condition::STALLED,
                "True OrdersNotDelivered: orders are taken and not delivered: ",
            ),
            (condition::SERVICES_READY, "True Ready: "),
        ] {
            let said = said(&assessment, type_);
            assert!(said.starts_with(expected), "{service}: {said}");
        }
        // They wait until it is back.
        let away = platform(&json!({ "services": { service: { "replicas": 0 } } }));
        let ready = said(&assess(&away, &all_up(&away)), condition::READY);
        let expected = "True PlatformReady: everything is up; orders are taken; degraded: ";
        assert!(ready.starts_with(expected), "{ready}");
    }
}

#[test]
fn what_customers_miss_leaves_a_platform_ready() {
    for service in ["customer", "marketing", "frontend"] {
        let platform = platform(&json!({ "services": { service: { "enabled": false } } }));
        let assessment = assess(&platform, &all_up(&platform));
        let ready = said(&assessment, condition::READY);
        let expected = "True PlatformReady: everything is up; orders are taken; degraded: ";
        assert!(ready.starts_with(expected), "{ready}");
        assert!(said(&assessment, condition::STALLED).starts_with("False"));
    }
}

#[test]
fn what_customers_feel_is_said_also_where_the_server_refuses_objects() {
    let platform = platform(&json!({}));
    let refused = Unwritten {
        refused: vec!["Secret shop-postgres: forbidden".to_owned()],
        ..Unwritten::default()
    };
    let assessment = assess(&platform, &all_up(&platform)).with_unwritten(&refused);
    for type_ in [condition::READY, condition::RECONCILING] {
        assert!(
            said(&assessment, type_)
                .ends_with("ApplyFailed: Secret shop-postgres: forbidden; orders are taken"),
            "{type_}"
        );
    }
}

#[test]
fn brokers_that_still_agree_take_what_orders_leave() {
    let platform = platform(&json!({ "kafka": { "brokers": 3 } }));
    for (ready, expected) in [
        (2, "; orders are taken"),
        (1, "orders wait to be cooked (Kafka does not answer)"),
    ] {
        let mut observed = all_up(&platform);
        let status = json!({ "replicas": 3, "readyReplicas": ready });
        with_status(&mut observed, "StatefulSet", "shop-kafka", status);
        let said = said(&assess(&platform, &observed), condition::READY);
        assert!(
            said.starts_with("False KafkaNotReady") && said.ends_with(expected),
            "{said}"
        );
    }
}

#[test]
fn a_part_of_a_platform_that_takes_no_orders_is_ready_and_says_so() {
    let platform = platform(&json!({ "services": { "order": { "enabled": false } } }));
    assert_eq!(
        said(&assess(&platform, &all_up(&platform)), condition::READY),
        "True PlatformReady: everything is up; no orders are taken: order is disabled"
    );
}

#[test]
fn a_platform_that_is_not_ready_says_whether_orders_are_taken() {
    let platform = platform(&json!({}));
    let down = json!({ "replicas": 1, "updatedReplicas": 1 });
    for (name, expected) in [
        (
            "shop-marketing",
            "; orders are taken; degraded: there are no recommendations (no replica of marketing is ready)",
        ),
        ("shop-pay", "; orders are refused: no replica of pay is ready"),
        (
            "shop-gateway",
            "; orders are refused: no replica of gateway is ready",
        ),
    ] {
        let mut observed = all_up(&platform);
        with_status(&mut observed, "Deployment", name, down.clone());
        let ready = said(&assess(&platform, &observed), condition::READY);
        assert!(ready.ends_with(expected), "{ready}");
    }
    let mut observed = all_up(&platform);
    with_status(&mut observed, "StatefulSet", "shop-postgres", json!({}));
    let ready = said(&assess(&platform, &observed), condition::READY);
    assert!(
        ready.ends_with("; orders are refused: the databases do not answer"),
        "{ready}"
    );
}

#[test]
fn a_suspended_platform_says_so_although_nothing_would_change() {
    let platform = platform(&json!({ "suspend": true }));
    let ready = said(&assess(&platform, &all_up(&platform)), condition::READY);
    assert!(
        ready.starts_with("True Suspended: everything is up; orders are taken; suspended: "),
        "{ready}"
    );
    let mut observed = all_up(&platform);
    with_status(&mut observed, "StatefulSet", "shop-kafka", json!({}));
    let ready = said(&assess(&platform, &observed), condition::READY);
    assert!(
        ready.starts_with("False KafkaNotReady: ") && ready.contains("; suspended: "),
        "{ready}"
    );
}

/// A pod of a service, as stored in the caches.
fn pod(service: &str, tag: &str, ready: bool) -> std::sync::Arc<k8s_openapi::api::core::v1::Pod> {
    let status = if ready { "True" } else { "False" };
    std::sync::Arc::new(
        serde_json::from_value(json!({
            "metadata": { "name": format!("shop-{service}-{tag}"), "labels": { "app.kubernetes.io/name": service } },
            "spec": { "containers": [
                { "name": "istio-proxy", "image": "istio/proxyv2:1.29" },
                { "name": service, "image": format!("r.example/{service}:{tag}") },
            ] },
            "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": status }] },
        }))
        .unwrap(),
    )
}

#[test]
fn the_version_of_a_service_is_that_of_its_pods_which_are_ready() {
    let new = platform(&json!({ "image": { "tag": "2" } }));
    let mut observed = all_up(&new);
    let rolling = json!({ "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1 });
    with_status(&mut observed, "Deployment", "shop-pay", rolling);
    observed.pods = vec![pod("pay", "1", true), pod("pay", "2", false)];
    let pay = |observed: &Observed| {
        let assessment = assess(&new, observed);
        let mut services = assessment.services.into_iter();
        services.find(|service| service.name == "pay").unwrap()
    };
    let during = pay(&observed);
    assert_eq!(
        (
            during.running.as_deref(),
            during.wanted.as_deref(),
            during.version
        ),
        (Some("1"), Some("2"), None)
    );
    observed.pods = vec![pod("pay", "1", true), pod("pay", "2", true)];
    assert_eq!(pay(&observed).running.as_deref(), Some("1, 2"));
    observed.pods = vec![pod("pay", "2", true)];
    let after = pay(&observed);
    assert_eq!((after.running.as_deref(), after.wanted), (Some("2"), None));
}

#[test]
fn a_service_that_waits_for_its_turn_does_not_claim_the_new_version() {
    let old = platform(&json!({ "image": { "tag": "1" } }));
    let mut observed = all_up(&old);
    let finished = json!({
        "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1,
        "conditions": [{ "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" }],
    });
    with_status(&mut observed, "Deployment", "shop-gateway", finished);
    let assessment = assess(&platform(&json!({ "image": { "tag": "2" } })), &observed);
    let gateway = assessment
        .services
        .iter()
        .find(|service| service.name == "gateway")
        .unwrap();
    assert_eq!(
        (
            gateway.version.as_deref(),
            gateway.running.as_deref(),
            gateway.wanted.as_deref()
        ),
        (Some("1"), Some("1"), Some("2"))
    );
    assert_eq!(assessment.version, None, "no service runs it");
}

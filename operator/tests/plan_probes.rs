//! Tests that every container that hangs is found by its liveness probe within its bound, and that no start is taken for that.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::BTreeMap;

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{model::observed::Observed, plan::plan, settings::Settings, spec::Validated};
use serde_json::{Value, json};

/// All containers of a platform whose every part the operator runs itself, by workload and name.
fn containers() -> BTreeMap<String, Value> {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food" },
        "spec": {
            "kafka": { "brokers": 3, "ui": { "enabled": true } }, "mongodb": { "provider": "Managed" },
            "logging": { "provider": "Managed", "fluentd": { "enabled": true } },
            "monitoring": { "provider": "Managed" },
            "extensions": [{ "name": "coupons", "image": "coupons:1", "port": 8090 }],
        },
    }))
    .unwrap();
    let platform = Validated::new(&platform, &Settings::default()).unwrap();
    let objects = plan(&platform, &Observed::default()).objects;
    let mut found = BTreeMap::new();
    for planned in objects.iter().filter(|planned| planned.resource.kind != "Job") {
        let containers = &planned.object.data["spec"]["template"]["spec"]["containers"];
        for container in containers.as_array().into_iter().flatten() {
            let name = format!("{}/{}", planned.key(), container["name"].as_str().unwrap());
            found.insert(name, container.clone());
        }
    }
    found
}

/// How long it takes at most until enough questions in a row have failed.
fn seconds(probe: &Value) -> i64 {
    let number = |field: &str| probe[field].as_i64().unwrap_or_default();
    number("periodSeconds") * number("failureThreshold") + number("timeoutSeconds")
}

#[test]
fn the_kernel_cannot_answer_a_liveness_probe_for_a_program_that_hangs() {
    let containers = containers();
    assert!(containers.len() >= 18, "{:?}", containers.keys());
    for (name, container) in containers {
        let probe = &container["livenessProbe"];
        assert!(
            probe["httpGet"].is_object() || probe["exec"].is_object(),
            "{name}: {probe}"
        );
    }
}

#[test]
fn data_stores_that_hang_are_found_within_80_seconds() {
    let containers = containers();
    for name in [
        "StatefulSet shop-kafka/kafka",
        "StatefulSet shop-postgres/postgres",
        "StatefulSet shop-mongodb/mongodb",
        "StatefulSet shop-elasticsearch/elasticsearch",
        "Deployment shop-kibana/kibana",
    ] {
        let container = &containers[name];
        let found = seconds(&container["livenessProbe"]);
        assert!((60..=80).contains(&found), "{name}: {found} s");
        let patience = seconds(&container["startupProbe"]);
        assert!(patience >= 120, "{name} has {patience} s to start");
    }
}

#[test]
fn what_hangs_does_not_use_up_the_time_that_its_pod_has_to_end() {
    for (name, container) in containers() {
        let is_store = name.starts_with("StatefulSet") && !name.ends_with("/in-sync");
        assert_eq!(
            container["livenessProbe"]["terminationGracePeriodSeconds"],
            if is_store { 30 } else { 10 },
            "{name}"
        );
        assert_eq!(
            container["readinessProbe"]["terminationGracePeriodSeconds"],
            Value::Null,
            "{name}: the API refuses it there"
        );
    }
}

#[test]
fn postgresql_is_asked_by_a_command_for_as_long_as_it_starts_and_seldom_afterwards() {
    let containers = containers();
    let server = &containers["StatefulSet shop-postgres/postgres"];
    let starts = server["startupProbe"]["exec"]["command"][2].as_str().unwrap();
    assert!(
        starts.ends_with("case $? in 1 | 2) exit 1 ;; esac"),
        "a server that still recovers has not started: {starts}"
    );
    assert!(server["readinessProbe"]["tcpSocket"].is_object());
    let lives = server["livenessProbe"]["exec"]["command"][2].as_str().unwrap();
    assert!(
        lives.ends_with("case $? in 2) exit 1 ;; esac"),
        "a server that refuses, or an image without the program, is alive: {lives}"
    );
}

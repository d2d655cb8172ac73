//! Tests the rules about extensions.

mod judged;

use fdp_catalogue::Service;
use judged::{passes, refusal, says};
use serde_json::{Value, json};

fn extension(changes: &Value) -> Value {
    let mut extension = json!({ "name": "coupons", "image": "coupons:1", "port": 8090 });
    for (field, value) in changes.as_object().into_iter().flatten() {
        extension[field] = value.clone();
    }
    json!({ "extensions": [extension] })
}

#[test]
fn an_extension_has_either_replicas_or_an_autoscaler() {
    says(
        refusal(&extension(&json!({ "replicas": 2, "autoscaling": {} }))),
        "give either replicas or autoscaling",
    );
    passes(refusal(&extension(&json!({ "replicas": 2 }))));
    passes(refusal(&extension(&json!({ "autoscaling": { "min": 2 } }))));
}

#[test]
fn an_extension_takes_no_name_that_a_part_of_the_platform_has_or_may_get() {
    let taken = Service::ALL.map(Service::name).into_iter().chain([
        "order-canary",
        "kafka",
        "kafka-ui",
        "kafka-headless",
        "postgres",
        "postgres-rw",
        "mongodb",
        "setup",
        "databases",
        "default-deny",
        "elasticsearch",
        "fluentd",
        "kibana",
        "prometheus",
        "grafana",
    ]);
    for name in taken {
        says(
            refusal(&extension(&json!({ "name": name }))),
            "extensions[].name is taken by a part of the platform itself",
        );
    }
    for name in ["coupons", "orders", "order-tracker", "canary", "kafkaesque", "a"] {
        passes(refusal(&extension(&json!({ "name": name }))));
    }
}

#[test]
fn an_extension_hides_no_path_of_the_platform() {
    for path in fdp_crds::BUILT_IN_ROUTES {
        for route in [format!("/{path}"), format!("/{path}/new")] {
            says(
                refusal(&extension(&json!({ "route": route }))),
                "extensions[].route would hide a path of the platform itself",
            );
        }
        passes(refusal(&extension(&json!({ "route": format!("/{path}x") }))));
    }
    passes(refusal(&extension(&json!({ "route": "/loyalty/orders" }))));
}

//! Tests the validation rules of the schema and their messages.

mod judged;

use fdp_crds::{FoodDeliveryPlatform, validate};
use judged::{platform, refusal, refusal_of_change, says};
use serde_json::json;

#[test]
fn an_empty_specification_is_a_valid_platform() {
    assert_eq!(refusal(&json!({})), None);
}

#[test]
fn fewest_replicas_may_not_exceed_most() {
    says(
        refusal(&json!({ "services": { "pay": { "autoscaling": { "min": 5, "max": 2 } } } })),
        "autoscaling.min (default 1) must not be greater than autoscaling.max (default 10)",
    );
    says(
        refusal(&json!({ "services": { "pay": { "autoscaling": { "min": 11 } } } })),
        "autoscaling.min",
    );
}

#[test]
fn replicas_and_autoscaling_exclude_each_other() {
    says(
        refusal(&json!({ "services": { "order": { "replicas": 2, "autoscaling": {} } } })),
        "give either replicas or autoscaling",
    );
}

#[test]
fn a_node_port_needs_the_exposure_of_that_name() {
    says(
        refusal(&json!({ "gateway": { "nodePort": 30080 } })),
        "gateway.nodePort needs gateway.exposure: NodePort",
    );
    says(
        refusal(&json!({ "gateway": { "exposure": "LoadBalancer", "nodePort": 30080 } })),
        "gateway.nodePort needs gateway.exposure: NodePort",
    );
}

#[test]
fn the_demo_is_never_on_by_accident() {
    let demo = |auth: serde_json::Value| refusal(&json!({ "gateway": { "auth": auth } }));
    let message = "gateway.auth.allowDemo: true";
    says(demo(json!({ "provider": "Demo" })), message);
    says(demo(json!({ "provider": "Demo", "allowDemo": false })), message);
    assert_eq!(demo(json!({ "provider": "Demo", "allowDemo": true })), None);
}

#[test]
fn an_issuer_comes_with_an_audience_and_its_provider() {
    let auth = |auth: serde_json::Value| refusal(&json!({ "gateway": { "auth": auth } }));
    says(
        auth(json!({ "provider": "OIDC", "issuer": "https://id.example.com" })),
        "needs gateway.auth.issuer and gateway.auth.audience",
    );
    says(
        auth(json!({ "issuer": "https://id.example.com", "audience": "shop" })),
        "need gateway.auth.provider: OIDC",
    );
    assert_eq!(auth(json!({ "provider": "None" })), None);
}

#[test]
fn an_external_mongodb_comes_with_the_secret_that_says_where_it_is() {
    let mongodb = |mongodb: serde_json::Value| refusal(&json!({ "mongodb": mongodb }));
    let message = "mongodb.provider: External and mongodb.secretRef need each other";
    says(mongodb(json!({ "provider": "External" })), message);
    says(
        mongodb(json!({ "secretRef": { "name": "orders-mongodb" } })),
        message,
    );
    assert_eq!(mongodb(json!({ "provider": "None" })), None);
}

#[test]
fn storage_is_fixed_once_the_platform_exists() {
    let old = json!({ "kafka": { "storage": { "size": "5Gi" } } });
    says(
        refusal_of_change(&old, &json!({ "kafka": { "storage": { "size": "1Gi" } } })),
        "kafka.storage.size cannot be changed",
    );
    says(
        refusal_of_change(&old, &json!({})),
        "kafka.storage.size cannot be changed",
    );
    says(
        refusal_of_change(
            &json!({}),
            &json!({ "postgres": { "storage": { "storageClass": "fast" } } }),
        ),
        "postgres.storage.storageClass cannot be changed",
    );
}

#[test]
fn writing_down_the_default_size_is_no_change() {
    let written = json!({ "postgres": { "storage": { "size": fdp_crds::DEFAULT_STORAGE_SIZE } }, "kafka": { "storage": { "size": fdp_crds::DEFAULT_STORAGE_SIZE } } });
    assert_eq!(refusal_of_change(&json!({}), &written), None);
    assert_eq!(refusal_of_change(&written, &json!({})), None);
}

#[test]
fn a_name_that_no_part_could_carry_is_refused() {
    for name in ["9lives", "a.b", &"x".repeat(41)] {
        let error = validate(&platform(name, &json!({}))).unwrap_err().to_string();
        assert!(
            error.contains("metadata.name must start with a letter"),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_misspelt_field_is_named() {
    let error = serde_json::from_value::<FoodDeliveryPlatform>(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop" }, "spec": { "gatway": {} },
    }))
    .unwrap_err()
    .to_string();
    assert!(error.contains("gatway"), "{error}");
}

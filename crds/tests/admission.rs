//! Tests that a file is checked as the API server checks it, and that errors have the path of every invalid field.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_crds::admit;
use serde_json::{Value, json};

fn document(spec: &Value) -> Value {
    json!({
        "apiVersion": "fooddelivery.dev/v1alpha1",
        "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food-delivery" },
        "spec": spec,
    })
}

fn refusal(spec: &Value) -> String {
    admit(&document(spec)).unwrap_err().to_string()
}

#[test]
fn every_problem_is_named_with_its_path() {
    let refusal = refusal(&json!({
        "gatway": {},
        "kafka": { "provider": "Rabbit" },
        "services": { "pay": { "replicas": "two", "env": [{ "value": "1" }] } },
    }));
    for problem in [
        "spec.gatway: unknown field",
        "spec.kafka.provider: Unsupported value: \"Rabbit\": supported values: \"Managed\"",
        "spec.services.pay.replicas: Invalid value: \"two\": must be of type integer, not string",
        "spec.services.pay.env[0].name: Required value",
    ] {
        assert!(refusal.contains(problem), "{problem} is not in: {refusal}");
    }
}

#[test]
fn limits_and_patterns_of_the_schema_hold() {
    let pay = |field: &str, value: Value| refusal(&json!({ "services": { "pay": { field: value } } }));
    assert!(
        pay("replicas", json!(-1))
            .starts_with("spec.services.pay.replicas: Invalid value: -1: should be greater")
    );
    assert!(pay("replicas", json!(5_000_000_000_i64)).contains("32 bits"));
    assert!(pay("replicas", json!(1.5)).contains("must be of type integer"));
    let tag = refusal(&json!({ "image": { "tag": "no tag" } }));
    assert!(
        tag.starts_with("spec.image.tag: Invalid value: \"no tag\": should match"),
        "{tag}"
    );
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let twice = refusal(&json!({ "services": { "pay": { "env": [
        { "name": "A", "value": "1" }, { "name": "B", "value": "2" }, { "name": "A", "value": "3" },
    ] } } }));
    assert_eq!(
        twice,
        "spec.services.pay.env[2]: Duplicate value: {\"name\":\"A\"}"
    );
}

#[test]
fn a_platform_needs_a_name() {
    let mut nameless = document(&json!({}));
    nameless["metadata"] = json!({});
    assert_eq!(
        admit(&nameless).unwrap_err().to_string(),
        "metadata.name: Required value"
    );
}

#[test]
fn null_counts_as_left_out() {
    admit(&document(&json!({ "image": null, "services": { "pay": null } }))).unwrap();
    admit(&document(&Value::Null)).unwrap();
}

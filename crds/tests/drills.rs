//! Tests that the drills that users start from are drills, and that each says what it expects.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use fdp_crds::{ResilienceDrill, definitions};
use kube::{ResourceExt as _, core::cel::validate_cel};
use serde_json::{Value, json};

/// Why the API server refuses a drill with this specification, beside the platform and what is expected.
fn refusal(spec: &Value) -> Option<String> {
    let mut drill = json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill", "metadata": { "name": "a" },
        "spec": { "platform": "shop", "fault": { "seconds": 5 }, "expect": { "p99Ms": 5 } },
    });
    for (field, value) in spec.as_object().unwrap() {
        drill["spec"][field] = value.clone();
    }
    let drill: ResilienceDrill = serde_json::from_value(drill).unwrap();
    validate_cel(&drill).err().map(|error| error.to_string())
}

#[track_caller]
fn is_refused(spec: &Value, message: &str) {
    let refusal = refusal(spec).unwrap_or_default();
    assert!(refusal.contains(message), "{spec}: {refusal}");
}

fn examples() -> Vec<(String, ResilienceDrill)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/drills");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_example_is_a_drill_of_the_platform_that_make_up_starts() {
    let examples = examples();
    assert!(examples.len() >= 8);
    for (file, drill) in examples {
        assert_eq!(drill.name_any(), file);
        assert_eq!(drill.spec.platform, "shop");
        assert_eq!(drill.namespace().as_deref(), Some("food-delivery"));
        assert_eq!(drill.spec.expect.every_order_ends, Some(true), "{file}");
        assert_eq!(drill.spec.run, None, "{file}: `fdp drill run` gives it one");
        assert!(validate_cel(&drill).is_ok(), "{file}");
    }
}

#[test]
fn a_misspelt_field_of_a_drill_is_refused() {
    let text = "apiVersion: fooddelivery.dev/v1alpha1\nkind: ResilienceDrill\nmetadata: {name: a}\n\
                spec: {platform: shop, fault: {second: 5}, expect: {p99Ms: 5}}\n";
    assert!(serde_saphyr::from_str::<ResilienceDrill>(text).is_err());
}

#[test]
fn only_users_who_wait_for_answers_can_ignore_when_to_come_back() {
    let ignored = json!({ "load": { "users": 100, "ignoreRetryAfter": true } });
    assert_eq!(refusal(&ignored), None);
    let arrivals = |ignored: bool| json!({ "load": { "ordersPerSecond": 20, "ignoreRetryAfter": ignored } });
    assert_eq!(refusal(&arrivals(false)), None);
    is_refused(&arrivals(true), "load.ignoreRetryAfter is for load.users");
}

#[test]
fn a_fault_is_done_by_the_operator_or_by_who_runs_the_drill() {
    let fault = |fault: &Value| {
        let mut all = json!({ "seconds": 5, "byRunner": "NodeDrained" });
        for (field, value) in fault.as_object().unwrap() {
            all[field] = value.clone();
        }
        json!({ "fault": all })
    };
    assert_eq!(refusal(&fault(&json!({}))), None);
    is_refused(
        &fault(&json!({ "scaledToZero": { "service": "pay" } })),
        "fault takes at most one of",
    );
}

#[test]
fn a_guard_has_defaults_and_needs_a_gateway_to_look_at() {
    assert_eq!(refusal(&json!({ "guard": {} })), None);
    let away = |service: &str| json!({ "guard": {}, "fault": { "seconds": 5, "scaledToZero": { "service": service } } });
    assert_eq!(refusal(&away("pay")), None);
    is_refused(
        &away("gateway"),
        "a drill that takes the gateway away cannot have a guard",
    );
}

#[test]
fn a_drill_needs_a_specification_and_a_platform_does_not() {
    let required = |index: usize| {
        let definition = serde_json::to_value(&definitions()[index]).unwrap();
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        (
            schema["required"].clone(),
            schema["properties"]["spec"]["default"].clone(),
        )
    };
    let (required_of_platforms, default) = required(0);
    assert!(!required_of_platforms.to_string().contains("spec"));
    assert_eq!(default, json!({}));
    let (required_of_drills, default) = required(1);
    assert!(required_of_drills.to_string().contains("spec"));
    assert!(default.is_null(), "an empty specification is no drill");
}

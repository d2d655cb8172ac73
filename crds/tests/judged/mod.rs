//! Validates platforms against the schema.

#![allow(dead_code, reason = "each test program uses its part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

use fdp_crds::{FoodDeliveryPlatform, admit_change, validate};
use serde_json::{Value, json};

/// A platform with that name and specification.
pub(crate) fn platform(name: &str, spec: &Value) -> FoodDeliveryPlatform {
    serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1",
        "kind": "FoodDeliveryPlatform",
        "metadata": { "name": name, "namespace": "food-delivery" },
        "spec": spec,
    }))
    .unwrap()
}

/// The error for a new platform with that specification.
pub(crate) fn refusal(spec: &Value) -> Option<String> {
    validate(&platform("shop", spec))
        .err()
        .map(|error| error.to_string())
}

/// The error for a change of the specification.
pub(crate) fn refusal_of_change(old: &Value, new: &Value) -> Option<String> {
    admit_change(&platform("shop", new), &platform("shop", old))
        .err()
        .map(|error| error.to_string())
}

/// Asserts that a value is rejected with that message.
#[track_caller]
pub(crate) fn says(refusal: Option<String>, message: &str) {
    let refusal = refusal.expect("should be refused");
    assert!(refusal.contains(message), "{refusal}");
}

/// Asserts that a value is accepted.
#[track_caller]
pub(crate) fn passes(refusal: Option<String>) {
    if let Some(refusal) = refusal {
        panic!("should pass: {refusal}");
    }
}

//! Tests that what an earlier version stored can still be read, with a checked-in specification that has every field.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::BTreeSet;

use fdp_crds::{FoodDeliveryPlatform, definitions, validate};
use serde_json::Value;

fn documents() -> Vec<Value> {
    serde_saphyr::from_multiple(include_str!("fixtures/v1alpha1-full.yaml")).unwrap()
}

/// The paths of all fields below a value; all items of a list share a path, and so do the nine services.
fn fields_of(value: &Value) -> BTreeSet<String> {
    fn walk(path: &str, value: &Value, found: &mut BTreeSet<String>) {
        found.insert(path.to_owned());
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(&below(path, name), value, found);
                }
            }
            Value::Array(items) => {
                for item in items {
                    walk(&format!("{path}[]"), item, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk("spec", value, &mut found);
    found
}

/// The same for a schema. Maps whose keys users choose are not fields of the schema.
fn fields_of_schema(schema: &Value) -> BTreeSet<String> {
    fn walk(path: &str, schema: &Value, found: &mut BTreeSet<String>) {
        found.insert(path.to_owned());
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(&below(path, name), property, found);
        }
        if schema["items"].is_object() {
            walk(&format!("{path}[]"), &schema["items"], found);
        }
    }
    let mut found = BTreeSet::new();
    walk("spec", schema, &mut found);
    found
}

fn below(path: &str, name: &str) -> String {
    if path == "spec.services" {
        format!("{path}.*")
    } else {
        format!("{path}.{name}")
    }
}

#[test]
fn every_stored_field_is_read_and_written_as_it_was() {
    for document in documents() {
        let platform: FoodDeliveryPlatform = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(serde_json::to_value(&platform).unwrap(), document);
    }
}

#[test]
fn the_stored_platforms_are_valid() {
    for document in documents() {
        let platform: FoodDeliveryPlatform = serde_json::from_value(document).unwrap();
        assert_eq!(validate(&platform).map_err(|error| error.to_string()), Ok(()));
    }
}

#[test]
fn every_field_of_the_schema_is_among_the_stored_ones() {
    let definition = serde_json::to_value(&definitions()[0]).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    let stored: BTreeSet<String> = documents()
        .iter()
        .flat_map(|document| fields_of(&document["spec"]))
        .collect();
    let missing: Vec<String> = fields_of_schema(schema).difference(&stored).cloned().collect();
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "add them to crds/tests/fixtures/v1alpha1-full.yaml"
    );
}

#[test]
fn every_word_that_a_field_may_have_is_among_the_stored_ones() {
    fn walk(schema: &Value, words: &mut BTreeSet<String>) {
        words.extend(
            schema["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|word| word.as_str().map(str::to_owned)),
        );
        for property in schema["properties"].as_object().into_iter().flatten() {
            walk(property.1, words);
        }
    }
    let definition = serde_json::to_value(&definitions()[0]).unwrap();
    let mut words = BTreeSet::new();
    walk(
        &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"],
        &mut words,
    );
    let stored = serde_json::to_string(&documents()).unwrap();
    let missing: Vec<&String> = words
        .iter()
        .filter(|word| !stored.contains(&format!(":\"{word}\"")))
        .collect();
    assert_eq!(
        missing,
        Vec::<&String>::new(),
        "add them to crds/tests/fixtures/v1alpha1-full.yaml"
    );
}

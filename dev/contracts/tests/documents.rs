//! Tests that the written documents match the types and are compatible with the published ones.

use fdp_contract_check::{breaks, documents, is_on_purpose, read, stale};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn the_written_documents_are_those_of_the_types() {
    let stale = stale(&documents().unwrap());
    assert!(
        stale.is_empty(),
        "{stale:?}: run 'cargo run -p fdp-contract-check -- write'"
    );
}

#[test]
fn nothing_that_was_published_is_taken_back() {
    let documents = documents().unwrap();
    let published =
        |path: &str| Some(read(&format!("published/{path}")).expect("every document is published"));
    let (on_purpose, by_mistake): (Vec<_>, Vec<_>) = breaks(&documents, published)
        .unwrap()
        .into_iter()
        .partition(|broken| is_on_purpose(broken));
    assert_eq!(by_mistake, [] as [&str; 0]);
    assert!(
        !on_purpose.is_empty(),
        "nothing is taken back any more: remove what is said to be on purpose"
    );
}

#[test]
fn an_operation_and_an_event_that_vanish_are_found() {
    let mut documents = documents().unwrap();
    let published = documents.clone();
    for document in &mut documents {
        if let Some(paths) = document.content["paths"].as_object_mut() {
            paths.remove("/orders/{orderId}");
        }
        if let Some(messages) = document.content["channels"]["order"]["messages"].as_object_mut() {
            messages.remove("fooddelivery.order.placed.v1");
        }
    }
    let published = |path: &str| {
        let document = published.iter().find(|document| document.path == path);
        document.map(|document| document.text.clone())
    };
    let found = breaks(&documents, published).unwrap();
    for words in [
        "openapi/order.json: DELETE /orders/{orderId} is gone",
        "openapi/gateway.json: GET /orders/{orderId} is gone",
        "asyncapi.yaml: the channel order no longer carries fooddelivery.order.placed.v1",
    ] {
        assert!(found.iter().any(|found| found == words), "{words}: {found:?}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    for document in documents().unwrap() {
        let paths = document.content["paths"].as_object().cloned().unwrap_or_default();
        let mut names: Vec<String> = paths
            .values()
            .flat_map(|item| item.as_object().into_iter().flat_map(|item| item.values()))
            .filter_map(|operation| operation["operationId"].as_str().map(str::to_owned))
            .collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{}: {names:?}", document.path);
    }
}

#[test]
fn no_two_services_mean_different_things_by_one_name() {
    let mut seen: BTreeMap<String, (Value, String)> = BTreeMap::new();
    for document in documents().unwrap() {
        let schemas = document.content["components"]["schemas"].as_object().cloned();
        for (name, schema) in schemas.unwrap_or_default() {
            let first = (schema.clone(), document.path.clone());
            let (before, other) = seen.entry(name.clone()).or_insert(first);
            assert_eq!(before, &schema, "{name} of {other} and {}", document.path);
        }
    }
}

#[test]
fn money_moves_with_an_order_only_so_that_payments_can_only_be_read_from_outside() {
    let documents = documents().unwrap();
    let gateway = documents
        .iter()
        .find(|document| document.path == "openapi/gateway.json")
        .unwrap();
    let paths = gateway.content["paths"].as_object().unwrap();
    assert!(paths["/payments"]["get"].is_object());
    assert!(paths["/payments"]["post"].is_null());
    assert!(!paths.contains_key("/payments/{id}/void"));
    assert!(!paths.contains_key("/drills"));
}

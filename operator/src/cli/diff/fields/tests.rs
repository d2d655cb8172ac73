//! Which fields count as different, and how they are named.

use serde_json::json;

use super::*;

fn object(mut fields: Value) -> DynamicObject {
    if fields["metadata"].is_null() {
        fields["metadata"] = json!({ "name": "shop-order" });
    }
    serde_json::from_value(fields).unwrap()
}

fn paths(before: Value, after: Value) -> Vec<String> {
    changes("ConfigMap", &object(before), &object(after), Ignored::default())
        .into_iter()
        .map(|change| change.path)
        .collect()
}

#[test]
fn what_the_server_keeps_is_no_difference() {
    let before = json!({ "metadata": { "name": "a", "resourceVersion": "1", "generation": 1, "uid": "u",
        "managedFields": [{}], "annotations": { (names::APPLIED_HASH): "old" } }, "status": { "x": 1 } });
    let after = json!({ "metadata": { "name": "a", "resourceVersion": "2", "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z" }, "status": { "x": 2 } });
    assert_eq!(paths(before, after), [""; 0]);
}

#[test]
fn fields_are_named_by_their_path_and_items_by_what_tells_them_apart() {
    let containers = |image: &str, hash: &str| {
        json!({ "spec": { "template": {
            "annotations": { "fooddelivery.dev/config-hash": hash },
            "containers": [{ "name": "proxy" }, { "name": "order", "image": image }],
        } } })
    };
    assert_eq!(
        paths(containers("order:1", "a"), containers("order:2", "b")),
        [
            "spec.template.annotations[fooddelivery.dev/config-hash]",
            "spec.template.containers[order].image"
        ]
    );
}

#[test]
fn items_are_added_and_removed_without_touching_their_neighbours() {
    let list = |names: &[&str]| {
        let items = names.iter().map(|name| json!({ "name": name, "value": "1" }));
        json!({ "env": items.collect::<Vec<_>>() })
    };
    assert_eq!(paths(list(&["A", "B"]), list(&["B", "C"])), ["env[A]", "env[C]"]);
    assert_eq!(paths(list(&["A", "B"]), list(&["B", "A"])), ["env (order)"]);
}

#[test]
fn items_that_nothing_tells_apart_are_compared_by_place() {
    let ports = |numbers: &[i32]| {
        let items = numbers
            .iter()
            .map(|number| json!({ "port": number, "name": "x" }));
        json!({ "ports": items.collect::<Vec<_>>() })
    };
    assert_eq!(
        paths(json!({ "args": ["a", "b"] }), json!({ "args": ["a", "c"] })),
        ["args[1]"]
    );
    let args = |args: &[&str]| json!({ "args": args });
    assert_eq!(paths(args(&["a", "b", "c"]), args(&["a", "c"])), ["args[1]"]);
    assert_eq!(
        paths(args(&["a"]), args(&["b", "a", "c"])),
        ["args[0]", "args[2]"]
    );
    assert_eq!(paths(args(&["a", "b"]), args(&["b", "a"])), ["args (order)"]);
    assert_eq!(paths(ports(&[53, 53]), ports(&[53, 54])), ["ports[1].port"]);
}

#[test]
fn what_is_empty_is_as_good_as_absent() {
    assert_eq!(paths(json!({ "a": [], "b": {}, "c": null }), json!({})), [""; 0]);
    assert_eq!(paths(json!({ "a": "" }), json!({})), ["a"]);
}

#[test]
fn values_of_secrets_are_hidden_and_their_names_are_not() {
    let secret = |password: &str, label: &str| {
        object(json!({
            "metadata": { "name": "a", "labels": { "tier": label }, "annotations": { "copy": password } },
            "data": { "password": password }, "stringData": { "more": password },
        }))
    };
    let changes = changes(
        "Secret",
        &secret("old", "x"),
        &secret("new", "y"),
        Ignored::default(),
    );
    let shown = format!("{changes:?}");
    assert!(!shown.contains("old") && !shown.contains("new"), "{shown}");
    let paths: Vec<_> = changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "data.password",
            "metadata.annotations.copy",
            "metadata.labels.tier",
            "stringData.more"
        ]
    );
    assert_eq!(changes[2].after, Some(json!("y")));
}

#[test]
fn an_owner_that_is_not_known_is_not_compared() {
    let owned = |uid: &str| {
        object(json!({ "metadata": { "name": "a", "ownerReferences": [{ "uid": uid, "name": "shop" }] } }))
    };
    let count = |owner: bool| changes("ConfigMap", &owned("1"), &owned("2"), Ignored { owner }).len();
    assert_eq!((count(true), count(false)), (0, 1));
}

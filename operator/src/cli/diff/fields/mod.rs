//! Finds the fields in which two versions of an object differ.

#[cfg(test)]
mod tests;

use kube::core::DynamicObject;
use serde_json::{Map, Value};

use crate::{kubernetes::names, model::object::to_value};

/// The placeholder for a value that must not be shown.
pub const HIDDEN: &str = "(hidden)";

/// Metadata that the API server maintains, and that is not part of the desired state.
const KEPT_BY_THE_SERVER: [&str; 6] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "selfLink",
];
/// Fields that identify the items of lists in the Kubernetes API.
const IDENTITIES: [&str; 8] = [
    "mountPath",
    "name",
    "containerPort",
    "port",
    "uid",
    "topologyKey",
    "key",
    "type",
];

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Where it is, such as `spec.template.spec.containers[order].image`.
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Which fields are not compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignored {
    /// The owner is not known, so references to it are not compared.
    pub owner: bool,
}

/// The fields in which `after` differs from `before`; both are of kind `kind`. Values of Secrets are hidden.
pub fn changes(
    kind: &str,
    before: &DynamicObject,
    after: &DynamicObject,
    ignored: Ignored,
) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare(
        "",
        Some(&comparable(before, ignored)),
        Some(&comparable(after, ignored)),
        &mut changes,
    );
    if kind == "Secret" {
        changes.iter_mut().for_each(hide);
    }
    changes
}

/// The object without the fields that are not compared.
fn comparable(object: &DynamicObject, ignored: Ignored) -> Value {
    let mut value = to_value(object);
    let Some(fields) = value.as_object_mut() else {
        return value;
    };
    for field in ["apiVersion", "kind", "status"] {
        fields.remove(field);
    }
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in KEPT_BY_THE_SERVER {
            metadata.remove(field);
        }
        if ignored.owner {
            metadata.remove("ownerReferences");
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(names::APPLIED_HASH);
        }
    }
    value
}

/// Shows a field of a Secret only if it cannot hold a secret value. Annotations may hold a copy of the whole object.
fn hide(change: &mut FieldChange) {
    if change.path == "type" || change.path.starts_with("metadata.labels") {
        return;
    }
    for value in [&mut change.before, &mut change.after].into_iter().flatten() {
        *value = Value::from(HIDDEN);
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            compare_fields(path, before, after, changes);
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            compare_items(path, before, after, changes);
        }
        (before, after) if is_nothing(before) && is_nothing(after) => {}
        (before, after) if before == after => {}
        (before, after) => changes.push(FieldChange {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn compare_fields(
    path: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    changes: &mut Vec<FieldChange>,
) {
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        compare(&below(path, key), before.get(key), after.get(key), changes);
    }
}

fn compare_items(path: &str, before: &[Value], after: &[Value], changes: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    let Some(identity) = identity(before, after) else {
        compare_nameless(path, before, after, changes);
        return;
    };
    let at = |item: &Value| format!("{path}[{}]", text(&item[identity]));
    for item in before {
        compare(&at(item), Some(item), counterpart(after, identity, item), changes);
    }
    let is_new = |item: &&Value| counterpart(before, identity, item).is_none();
    for item in after.iter().filter(is_new) {
        compare(&at(item), None, Some(item), changes);
    }
    compare_order(path, identity, before, after, changes);
}

/// Compares lists whose items have no identity: items that both lists have are ignored, at any position.
fn compare_nameless(path: &str, before: &[Value], after: &[Value], changes: &mut Vec<FieldChange>) {
    let mut added: Vec<(usize, &Value)> = after.iter().enumerate().collect();
    let mut removed: Vec<(usize, &Value)> = before.iter().enumerate().collect();
    removed.retain(
        |(_, item)| match added.iter().position(|(_, other)| other == item) {
            Some(at) => {
                added.remove(at);
                false
            }
            None => true,
        },
    );
    if removed.is_empty() && added.is_empty() {
        changes.push(FieldChange {
            path: format!("{path} (order)"),
            before: Some(before.into()),
            after: Some(after.into()),
        });
    }
    let at = |index: usize| format!("{path}[{index}]");
    if removed.len() == added.len() {
        for ((index, before), (_, after)) in removed.into_iter().zip(added) {
            compare(&at(index), Some(before), Some(after), changes);
        }
        return;
    }
    for (index, item) in removed {
        compare(&at(index), Some(item), None, changes);
    }
    for (index, item) in added {
        compare(&at(index), None, Some(item), changes);
    }
}

/// The item with the same identity as `item`.
fn counterpart<'a>(items: &'a [Value], identity: &str, item: &Value) -> Option<&'a Value> {
    items.iter().find(|other| other[identity] == item[identity])
}

/// The order of some lists matters: of variables that refer to each other, or of containers that start one after the
/// other.
fn compare_order(
    path: &str,
    identity: &str,
    before: &[Value],
    after: &[Value],
    changes: &mut Vec<FieldChange>,
) {
    let common = |items: &[Value], others: &[Value]| -> Vec<Value> {
        items
            .iter()
            .map(|item| item[identity].clone())
            .filter(|value| others.iter().any(|other| other[identity] == *value))
            .collect()
    };
    let (before, after) = (common(before, after), common(after, before));
    if before != after {
        changes.push(FieldChange {
            path: format!("{path} (order)"),
            before: Some(before.into()),
            after: Some(after.into()),
        });
    }
}

/// The field whose values are distinct within each of the two lists.
fn identity(before: &[Value], after: &[Value]) -> Option<&'static str> {
    let tells_apart = |key: &str, items: &[Value]| {
        let mut values: Vec<&Value> = Vec::with_capacity(items.len());
        items.iter().all(|item| {
            let value = item
                .get(key)
                .filter(|value| (value.is_string() || value.is_number()) && !values.contains(value));
            values.extend(value);
            value.is_some()
        })
    };
    IDENTITIES
        .into_iter()
        .find(|key| tells_apart(key, before) && tells_apart(key, after))
}

/// The API server drops empty values, so an empty value and a missing one are equal.
fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(fields)) => fields.values().all(|value| is_nothing(Some(value))),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

fn below(path: &str, key: &str) -> String {
    let is_plain = key
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    match (path, is_plain) {
        ("", _) => key.to_owned(),
        (path, true) => format!("{path}.{key}"),
        (path, false) => format!("{path}[{key}]"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

//! Compares an object in the cluster with the planned one.

use kube::ResourceExt;
use kube::core::DynamicObject;
use serde_json::Value;

use crate::{
    kubernetes::{
        field_path::{MERGE_KEYS, text},
        names,
    },
    model::object::{Planned, to_value},
    spec::quantity,
};

/// How the object in the cluster differs from the planned one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It is as planned.
    None,
    /// It does not exist.
    Missing,
    /// The plan has changed since the object was applied.
    Outdated,
    /// Another writer changed a field that the plan sets, at this path.
    Drifted(String),
    /// It is being deleted, or belongs to a former platform of the same name: wait until it is gone.
    BeingDeleted,
}

/// Compares a planned object with the object in the cluster.
///
/// Only the fields that the plan sets are compared: the API server and other writers may add fields.
pub fn difference(planned: &Planned, live: Option<&DynamicObject>) -> Difference {
    let Some(live) = live else {
        return Difference::Missing;
    };
    if live.metadata.deletion_timestamp.is_some() || has_other_owner(planned, live) {
        return Difference::BeingDeleted;
    }
    let hash = |object: &DynamicObject| object.annotations().get(names::APPLIED_HASH).cloned();
    if hash(live) != hash(&planned.object) {
        return Difference::Outdated;
    }
    let planned = to_value(&*planned.object);
    let live = to_value(live);
    for field in planned.as_object().into_iter().flat_map(serde_json::Map::keys) {
        // Objects in lists have neither field.
        if field == "apiVersion" || field == "kind" {
            continue;
        }
        if let Some(path) = missing_at(field, &planned[field], live.get(field).unwrap_or(&Value::Null)) {
            return Difference::Drifted(path);
        }
    }
    Difference::None
}

fn has_other_owner(planned: &Planned, live: &DynamicObject) -> bool {
    let Some(owner) = planned.object.owner_references().first() else {
        return false;
    };
    live.owner_references()
        .iter()
        .any(|other| other.controller == Some(true) && other.uid != owner.uid)
}

/// The path, below `path`, of the first value of `planned` that `live` does not have.
pub fn missing_at(path: &str, planned: &Value, live: &Value) -> Option<String> {
    match (planned, live) {
        (Value::Object(planned), Value::Object(live)) => planned.iter().find_map(|(key, value)| {
            missing_at(
                &format!("{path}.{key}"),
                value,
                live.get(key).unwrap_or(&Value::Null),
            )
        }),
        (Value::Array(planned), Value::Array(live)) => missing_in_list(path, planned, live),
        (Value::String(left), Value::String(right))
            if path.contains(".resources.") && quantity::equal(left, right) =>
        {
            None
        }
        // The API server drops empty values.
        (planned, Value::Null) if is_empty(planned) => None,
        (planned, live) => (planned != live).then(|| path.to_owned()),
    }
}

fn missing_in_list(path: &str, planned: &[Value], live: &[Value]) -> Option<String> {
    let Some(key) = merge_key(planned) else {
        // Only one writer can own a list without a merge key, so an added item is drift.
        if planned.len() != live.len() {
            return Some(path.to_owned());
        }
        return planned
            .iter()
            .zip(live)
            .enumerate()
            .find_map(|(index, (planned, live))| missing_at(&format!("{path}[{index}]"), planned, live));
    };
    planned.iter().find_map(|item| {
        let path = format!("{path}[{}]", text(&item[key]));
        match live
            .iter()
            .find(|candidate| candidate.get(key) == Some(&item[key]))
        {
            Some(live) => missing_at(&path, item, live),
            None => Some(path),
        }
    })
}

/// The merge key of a list with these items.
fn merge_key(items: &[Value]) -> Option<&'static str> {
    MERGE_KEYS
        .into_iter()
        .find(|key| !items.is_empty() && tells_apart(key, items))
}

/// Whether every item has a distinct value in that field. UDP port 53 and TCP port 53, for example, have the same
/// number.
fn tells_apart(key: &str, items: &[Value]) -> bool {
    let mut values: Vec<&Value> = Vec::with_capacity(items.len());
    items.iter().all(|item| {
        let value = item.get(key).filter(|value| !values.contains(value));
        values.extend(value);
        value.is_some()
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Why the pods of a Deployment or `StatefulSet` are about to be replaced; `None` if they are not.
pub fn rollout_reason(planned: &DynamicObject, live: &DynamicObject) -> Option<String> {
    let template = |object: &DynamicObject| object.data.pointer("/spec/template").cloned();
    let (planned, live) = (template(planned)?, template(live)?);
    let path = missing_at("template", &planned, &live).or_else(|| removed_variable(&planned, &live))?;
    let image = |template: &Value| {
        template
            .pointer("/spec/containers/0/image")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let annotation = |template: &Value, name: &str| template["metadata"]["annotations"][name].clone();
    let differs = |name: &str| annotation(&planned, name) != annotation(&live, name);
    if let (Some(new), Some(old)) = (image(&planned), image(&live))
        && new != old
    {
        return Some(format!("image {old} becomes {new}"));
    }
    if differs(names::SECRETS_HASH) {
        return Some("a Secret that its pods read has changed".to_owned());
    }
    if differs(names::CONFIG_HASH) {
        return Some("the configuration or a password that its pods read has changed".to_owned());
    }
    Some(format!("{path} has changed"))
}

/// The path of a variable that the planned containers no longer have.
fn removed_variable(planned: &Value, live: &Value) -> Option<String> {
    let items = |value: &Value, field: &str| value[field].as_array().cloned().unwrap_or_default();
    let containers = |template: &Value| items(&template["spec"], "containers");
    let named = |items: Vec<Value>, name: &Value| items.into_iter().find(|item| item["name"] == *name);
    containers(planned).into_iter().find_map(|container| {
        let live = named(containers(live), &container["name"])?;
        let variable = items(&live, "env")
            .into_iter()
            .find(|variable| named(items(&container, "env"), &variable["name"]).is_none())?;
        Some(format!(
            "template.spec.containers[{}].env[{}]",
            text(&container["name"]),
            text(&variable["name"])
        ))
    })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use serde_json::json;

    use super::*;
    use crate::{kubernetes::seal::seal, model::object::Wave};

    fn missing(planned: &Value, live: &Value) -> Option<String> {
        missing_at("spec", planned, live)
    }

    fn config_map() -> Planned {
        let mut object = ConfigMap::default();
        object.metadata.name = Some("shop-kafka".to_owned());
        object.data = Some([("a".to_owned(), "1".to_owned())].into());
        seal(Planned::new(Wave::Configuration, &object), "food", None)
    }

    #[test]
    fn what_the_server_adds_is_no_drift() {
        let planned =
            json!({ "ports": [{ "port": 80 }], "template": { "containers": [{ "name": "a", "env": [] }] } });
        let live = json!({
            "ports": [{ "port": 80, "protocol": "TCP" }],
            "template": { "containers": [{ "name": "sidecar" }, { "name": "a", "tty": false }] },
            "clusterIP": "10.0.0.1",
        });
        assert_eq!(missing(&planned, &live), None);
    }

    #[test]
    fn an_amount_that_the_server_wrote_differently_is_no_drift() {
        let cpu = |amount: &str| json!({ "resources": { "limits": { "cpu": amount } } });
        assert_eq!(missing(&cpu("0.5"), &cpu("500m")), None);
        assert_eq!(
            missing(&cpu("0.5"), &cpu("600m")),
            Some("spec.resources.limits.cpu".to_owned())
        );
        let size = |value: &str| json!({ "env": [{ "name": "SIZE", "value": value }] });
        assert!(
            missing(&size("1k"), &size("1000")).is_some(),
            "other texts are compared as they are"
        );
    }

    #[test]
    fn a_changed_field_is_named_by_its_path() {
        let planned = json!({ "containers": [{ "name": "order", "image": "a", "args": ["x"] }] });
        let changed = json!({ "containers": [{ "name": "order", "image": "b", "args": ["x"] }] });
        assert_eq!(
            missing(&planned, &changed),
            Some("spec.containers[order].image".to_owned())
        );
        let longer = json!({ "containers": [{ "name": "order", "image": "a", "args": ["x", "y"] }] });
        assert_eq!(
            missing(&planned, &longer),
            Some("spec.containers[order].args".to_owned())
        );
        assert_eq!(
            missing(&planned, &json!({ "containers": [] })),
            Some("spec.containers[order]".to_owned())
        );
    }

    #[test]
    fn an_object_is_as_planned_until_a_value_or_its_hash_changes() {
        let planned = config_map();
        let mut live = DynamicObject::clone(&planned.object);
        assert_eq!(difference(&planned, None), Difference::Missing);
        assert_eq!(difference(&planned, Some(&live)), Difference::None);
        live.data["data"]["a"] = json!("2");
        assert_eq!(
            difference(&planned, Some(&live)),
            Difference::Drifted("data.a".to_owned())
        );
        live.annotations_mut()
            .insert(names::APPLIED_HASH.to_owned(), "old".to_owned());
        assert_eq!(difference(&planned, Some(&live)), Difference::Outdated);
    }

    #[test]
    fn a_rollout_says_what_it_is_for() {
        let deployment = |image: &str, hash: &str| -> DynamicObject {
            serde_json::from_value(json!({
                "metadata": {},
                "spec": { "template": {
                    "metadata": { "annotations": { (names::CONFIG_HASH): hash } },
                    "spec": { "containers": [{ "name": "order", "image": image }] },
                } },
            }))
            .unwrap()
        };
        let old = deployment("order:1", "a");
        assert_eq!(rollout_reason(&deployment("order:1", "a"), &old), None);
        assert_eq!(
            rollout_reason(&deployment("order:2", "a"), &old).unwrap(),
            "image order:1 becomes order:2"
        );
        assert!(
            rollout_reason(&deployment("order:1", "b"), &old)
                .unwrap()
                .contains("configuration")
        );
    }

    #[test]
    fn a_variable_that_goes_replaces_pods_just_as_one_that_comes() {
        let gateway = |env: Value| -> DynamicObject {
            serde_json::from_value(json!({
                "metadata": {},
                "spec": { "template": { "spec": { "containers": [{ "name": "gateway", "env": env }] } } },
            }))
            .unwrap()
        };
        let without = gateway(json!([{ "name": "PORT", "value": "8080" }]));
        let with = gateway(json!([
            { "name": "PORT", "value": "8080" },
            { "name": "EXTENSION_ROUTES", "value": "/coupons=http://shop-coupons:8090" },
        ]));
        let reason = "template.spec.containers[gateway].env[EXTENSION_ROUTES] has changed";
        assert_eq!(rollout_reason(&with, &without).unwrap(), reason);
        assert_eq!(rollout_reason(&without, &with).unwrap(), reason);
        assert_eq!(rollout_reason(&with, &with), None);
    }
}

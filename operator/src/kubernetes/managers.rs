//! Which field managers own a field of an object, by its `metadata.managedFields`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::Value;

use crate::kubernetes::{field_path, names};

/// The managers besides the operator that own the field at that path, as drift names paths; sorted, each once.
///
/// The format is that of server-side apply (<https://github.com/kubernetes-sigs/structured-merge-diff>, `fieldpath`):
/// `f:NAME` is a field, `k:{…}` an item of a list by its key, `v:…` an item by its value, `i:N` one by its position.
///
/// Items may have other keys there than in the path, as ports have: then it is the managers of the whole list.
pub fn managers_of(entries: &[ManagedFieldsEntry], path: &str) -> Vec<String> {
    let mut path = path;
    loop {
        let managers = exactly(entries, path);
        match path.rfind('[') {
            Some(end) if managers.is_empty() => path = &path[..end],
            _ => return managers,
        }
    }
}

fn exactly(entries: &[ManagedFieldsEntry], path: &str) -> Vec<String> {
    let mut managers: Vec<String> = entries
        .iter()
        .filter(|entry| {
            entry
                .fields_v1
                .as_ref()
                .is_some_and(|fields| owns(&fields.0, path))
        })
        .filter_map(|entry| {
            let manager = entry.manager.clone()?;
            // An autoscaler writes by this subresource, in the name of the controller manager.
            Some(match entry.subresource.as_deref() {
                Some("scale") => format!("{manager} (an autoscaler)"),
                _ => manager,
            })
        })
        .filter(|manager| {
            ![names::MANAGER, names::REPLICAS_MANAGER, names::UNMANAGED_MANAGER].contains(&manager.as_str())
        })
        .collect();
    managers.sort();
    managers.dedup();
    managers
}

/// Whether a set of fields holds what is at `path`, or something below it.
fn owns(fields: &Value, path: &str) -> bool {
    if path.is_empty() {
        return true;
    }
    let Some(children) = fields.as_object() else {
        return false;
    };
    // A field without children is owned as a whole.
    if children.is_empty() {
        return true;
    }
    children
        .iter()
        .any(|(key, child)| rest(key, path).is_some_and(|rest| owns(child, rest)))
}

/// What of `path` is left below the child of that key; `None` if the path leads elsewhere.
fn rest<'a>(key: &str, path: &'a str) -> Option<&'a str> {
    if let Some(name) = key.strip_prefix("f:") {
        return field_path::below(path, name);
    }
    let (item, rest) = field_path::item(path)?;
    let is_item = match key.split_once(':')? {
        ("k", keys) => serde_json::from_str::<Value>(keys)
            .ok()?
            .as_object()?
            .values()
            .any(|value| field_path::text(value) == item),
        ("i" | "v", value) => value.trim_matches('"') == item,
        _ => false,
    };
    is_item.then_some(rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entries() -> Vec<ManagedFieldsEntry> {
        serde_json::from_value(json!([
            { "manager": "fdp-operator", "operation": "Apply", "fieldsV1": { "f:spec": { "f:replicas": {} } } },
            { "manager": "kube-controller-manager", "operation": "Update", "subresource": "scale",
              "fieldsV1": { "f:spec": { "f:replicas": {} } } },
            { "manager": "kubectl-edit", "operation": "Update", "fieldsV1": {
                "f:metadata": { "f:annotations": { "f:example.com/owner": {}, ".": {} } },
                "f:spec": { "f:template": { "f:spec": { "f:containers": {
                    "k:{\"name\":\"order\"}": { ".": {}, "f:image": {}, "f:env": { "k:{\"name\":\"PORT\"}": { "f:value": {} } } },
                } } } },
            } },
        ]))
        .unwrap()
    }

    #[test]
    fn a_field_is_found_by_its_path_through_lists() {
        let managers = |path: &str| managers_of(&entries(), path);
        assert_eq!(
            managers("spec.replicas"),
            ["kube-controller-manager (an autoscaler)"]
        );
        assert_eq!(
            managers("spec.template.spec.containers[order].image"),
            ["kubectl-edit"]
        );
        assert_eq!(
            managers("spec.template.spec.containers[order].env[PORT].value"),
            ["kubectl-edit"]
        );
        assert_eq!(
            managers("spec.template.spec.containers[0].image"),
            ["kubectl-edit"],
            "of the whole list"
        );
        assert_eq!(managers("spec.templates"), [""; 0]);
    }

    #[test]
    fn names_with_dots_are_one_step_of_a_path() {
        assert_eq!(
            managers_of(&entries(), "metadata.annotations.example.com/owner"),
            ["kubectl-edit"]
        );
    }

    #[test]
    fn who_owns_a_part_of_what_differs_is_named_too() {
        assert_eq!(
            managers_of(&entries(), "spec.template.spec.containers[order]"),
            ["kubectl-edit"]
        );
    }
}

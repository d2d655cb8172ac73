//! Reads, removes and copies the field at a path, such as `spec.template.spec.containers[order].resources`.
//!
//! A path names fields as drift does: `.` leads to a field and `[…]` to the item of a list that has that name, port or
//! other key. Names may hold dots, as those of annotations do, so paths are compared with the names that there are.

use serde_json::{Map, Value};

/// The fields by which items of lists are told apart, in the order in which they are tried.
pub const MERGE_KEYS: [&str; 6] = ["mountPath", "name", "containerPort", "port", "uid", "topologyKey"];

/// Removes the field at a path; returns whether it was there.
pub fn remove(value: &mut Value, path: &str) -> bool {
    match value {
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            names.into_iter().any(|name| match below(path, &name) {
                Some("") => fields.remove(&name).is_some(),
                Some(rest) => fields.get_mut(&name).is_some_and(|child| remove(child, rest)),
                None => false,
            })
        }
        Value::Array(items) => {
            let Some((item, rest)) = item(path) else {
                return false;
            };
            let Some((index, _)) = position(items, item) else {
                return false;
            };
            if rest.is_empty() {
                items.remove(index);
                return true;
            }
            remove(&mut items[index], rest)
        }
        _ => false,
    }
}

/// Copies the field at a path into `to`, with what leads there; returns whether `from` has it.
pub fn copy(from: &Value, to: &mut Value, path: &str) -> bool {
    if path.is_empty() {
        to.clone_from(from);
        return true;
    }
    match from {
        Value::Object(fields) => fields.iter().any(|(name, child)| {
            let Some(rest) = below(path, name) else {
                return false;
            };
            let mut copied = to.get(name).cloned().unwrap_or(Value::Null);
            if !copy(child, &mut copied, rest) {
                return false;
            }
            if !to.is_object() {
                *to = Value::Object(Map::new());
            }
            to[name.as_str()] = copied;
            true
        }),
        Value::Array(items) => {
            let Some((item, rest)) = item(path) else {
                return false;
            };
            let Some((index, key)) = position(items, item) else {
                return false;
            };
            if !to.is_array() {
                *to = Value::Array(Vec::new());
            }
            let Value::Array(copies) = to else { return false };
            let at = position(copies, item).map_or_else(
                || {
                    copies.push(Value::Object(Map::from_iter([(
                        key.to_owned(),
                        items[index][key].clone(),
                    )])));
                    copies.len() - 1
                },
                |(at, _)| at,
            );
            copy(&items[index], &mut copies[at], rest)
        }
        _ => false,
    }
}

/// What of a path is left below the field of that name; `None` if the path leads elsewhere.
pub fn below<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(name)?;
    if rest.is_empty() || rest.starts_with('[') {
        return Some(rest);
    }
    rest.strip_prefix('.')
}

/// The key of the list's item with which a path begins, and what is left of the path.
pub fn item(path: &str) -> Option<(&str, &str)> {
    let (item, rest) = path.strip_prefix('[')?.split_once(']')?;
    Some((item, rest.strip_prefix('.').unwrap_or(rest)))
}

fn position<'k>(items: &[Value], item: &str) -> Option<(usize, &'k str)> {
    MERGE_KEYS.into_iter().find_map(|key| {
        let is_it = |value: &Value| value.get(key).is_some_and(|value| text(value) == item);
        items.iter().position(is_it).map(|index| (index, key))
    })
}

/// A key as paths show it.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment() -> Value {
        json!({
            "metadata": { "annotations": { "example.com/team": "a", "example.com": "b" } },
            "spec": { "replicas": 2, "template": { "spec": { "containers": [
                { "name": "order", "image": "order:1", "resources": { "limits": { "cpu": "1" } } },
                { "name": "sidecar", "image": "sidecar:1" },
            ] } } },
        })
    }

    #[test]
    fn a_field_of_a_list_item_is_removed_and_nothing_else() {
        let mut value = deployment();
        assert!(remove(
            &mut value,
            "spec.template.spec.containers[order].resources"
        ));
        let mut expected = deployment();
        expected["spec"]["template"]["spec"]["containers"][0]
            .as_object_mut()
            .unwrap()
            .remove("resources");
        assert_eq!(value, expected);
        assert!(!remove(
            &mut value,
            "spec.template.spec.containers[order].resources"
        ));
        assert!(!remove(&mut value, "spec.template.spec.containers[pay].image"));
        assert!(!remove(&mut value, "spec.replica"));
    }

    #[test]
    fn a_copy_holds_the_field_and_the_keys_that_lead_to_it() {
        let mut copied = json!({});
        for path in [
            "spec.replicas",
            "spec.template.spec.containers[order].resources.limits",
            "metadata.annotations.example.com/team",
        ] {
            assert!(copy(&deployment(), &mut copied, path), "{path}");
        }
        assert!(!copy(&deployment(), &mut copied, "spec.paused"));
        assert_eq!(
            copied,
            json!({
                "metadata": { "annotations": { "example.com/team": "a" } },
                "spec": { "replicas": 2, "template": { "spec": { "containers": [
                    { "name": "order", "resources": { "limits": { "cpu": "1" } } },
                ] } } },
            })
        );
    }

    #[test]
    fn a_copy_replaces_what_was_there() {
        let mut other = deployment();
        other["spec"]["replicas"] = json!(5);
        let mut copied = deployment();
        assert!(copy(&other, &mut copied, "spec.replicas"));
        assert_eq!(copied, other);
    }
}

//! Which Secrets an object refers to, whatever its kind: variables, volumes, credentials of registries, certificates.

use serde_json::Value;

use crate::model::object::Planned;

/// A reference to a Secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub(super) secret: String,
    /// The key, if it is only one.
    pub(super) key: Option<String>,
    /// Whether a container reads it as it starts.
    pub(super) by_container: bool,
}

/// Every reference in an object.
pub(super) fn reads(object: &Value) -> Vec<Read> {
    let mut found = Vec::new();
    collect(object, &mut found);
    found.sort();
    found.dedup();
    found
}

/// Whether an object reads a Secret, in the words of Kubernetes or of another operator: `superuserSecret: {name: …}`.
pub fn reads_secret(planned: &Planned, secret: &str) -> bool {
    names_secret(&planned.object.data, secret)
}

fn names_secret(value: &Value, secret: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(field, value)| {
            let field = field.to_lowercase();
            let named = match value {
                Value::String(name) => field == "secretname" && name == secret,
                _ => field.contains("secret") && (value["name"] == secret || value["secretName"] == secret),
            };
            named || names_secret(value, secret)
        }),
        Value::Array(items) => items.iter().any(|item| names_secret(item, secret)),
        _ => false,
    }
}

fn collect(value: &Value, found: &mut Vec<Read>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                read(field, value, found);
                collect(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn read(field: &str, value: &Value, found: &mut Vec<Read>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut add = |secret: Option<String>, key, by_container| {
        found.extend(secret.map(|secret| Read {
            secret,
            key,
            by_container,
        }));
    };
    match field {
        "secretKeyRef" => add(text(&value["name"]), text(&value["key"]), true),
        "secretRef" => add(text(&value["name"]), None, true),
        "secret" => {
            let items = value["items"].as_array().map_or(&[][..], Vec::as_slice);
            let secret = || text(&value["secretName"]).or_else(|| text(&value["name"]));
            if items.is_empty() {
                add(secret(), None, true);
            }
            for item in items {
                add(secret(), text(&item["key"]), true);
            }
        }
        "imagePullSecrets" => {
            for named in value.as_array().into_iter().flatten() {
                add(text(&named["name"]), None, false);
            }
        }
        "credentialName" => add(text(value), None, false),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_wherever_they_stand() {
        let pod = json!({
            "containers": [{ "env": [
                { "name": "A", "valueFrom": { "secretKeyRef": { "name": "a", "key": "x", "optional": true } } },
            ], "envFrom": [{ "secretRef": { "name": "b" } }] }],
            "volumes": [
                { "secret": { "secretName": "c" } },
                { "projected": { "sources": [{ "secret": { "name": "d", "items": [{ "key": "y" }] } }] } },
            ],
            "imagePullSecrets": [{ "name": "e" }],
            "servers": [{ "tls": { "credentialName": "f" } }],
        });
        let found: Vec<String> = reads(&pod)
            .into_iter()
            .map(|read| {
                format!(
                    "{}/{}/{}",
                    read.secret,
                    read.key.unwrap_or_default(),
                    read.by_container
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "a/x/true", "b//true", "c//true", "d/y/true", "e//false", "f//false"
            ]
        );
    }
}

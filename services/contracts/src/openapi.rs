//! The `OpenAPI` 3.1 document of the gateway, merged from the documents of the services.

use serde_json::{Map, Value, json};

/// The responses that the gateway itself can send for every request.
const ANSWERS: [(&str, &str); 8] = [
    ("401", "The token is missing, or not one that counts here."),
    ("403", "The token's roles do not allow this."),
    (
        "404",
        "There is no such thing, or this platform runs no such service.",
    ),
    ("413", "The body is too large."),
    ("429", "Too many requests; `Retry-After` says when to try again."),
    ("502", "The service broke off before it answered."),
    (
        "503",
        "The service cannot be reached; `Retry-After` says when to try again.",
    ),
    ("504", "The service did not answer in time."),
];

/// Merges the parts of `documents` for which `is_public` returns true; its arguments are the service, the method in
/// upper case, and the path. Schemas that no public operation needs are left out.
pub fn merge(
    documents: impl IntoIterator<Item = Value>,
    is_public: impl Fn(&str, &str, &str) -> bool,
) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for mut document in documents {
        let title = document["info"]["title"].take();
        let service = title.as_str().unwrap_or_default();
        for (path, mut item) in take(&mut document["paths"]) {
            let Some(operations) = item.as_object_mut() else {
                continue;
            };
            operations.retain(|method, _| is_public(service, &method.to_uppercase(), &path));
            operations.values_mut().for_each(add_answers);
            if !operations.is_empty() {
                paths.insert(path, item);
            }
        }
        schemas.extend(take(&mut document["components"]["schemas"]));
    }
    let paths = Value::from(paths);
    keep_needed(&mut schemas, &paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Food delivery platform",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Everything that can be asked from outside, at the gateway.",
        },
        "security": [{}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}

fn take(value: &mut Value) -> Map<String, Value> {
    match value.take() {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn add_answers(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, words) in ANSWERS {
        responses.entry(status).or_insert_with(|| {
            json!({"description": words, "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"}}}})
        });
    }
}

/// Keeps only those of `schemas` that `root` refers to, directly or through other schemas.
fn keep_needed(schemas: &mut Map<String, Value>, root: &Value) {
    let mut needed = Vec::new();
    references(root, &mut needed);
    let mut looked_at = 0;
    while let Some(name) = needed.get(looked_at).cloned() {
        looked_at += 1;
        if let Some(schema) = schemas.get(&name) {
            references(schema, &mut needed);
        }
    }
    schemas.retain(|name, _| needed.contains(name));
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str)
                && let Some(name) = name.strip_prefix("#/components/schemas/")
                && !found.iter().any(|other| other == name)
            {
                found.push(name.to_owned());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(path: &str, schema: &str) -> Value {
        let answer = json!({"200": {"content": {"application/json": {
            "schema": {"$ref": format!("#/components/schemas/{schema}")}}}}});
        json!({
            "info": {"title": "order"},
            "paths": {path: {"get": {"responses": answer}, "post": {"responses": {"200": {}}}}},
            "components": {"schemas": {schema: {"$ref": "#/components/schemas/Part"}, "Part": {}, "Unused": {}}},
        })
    }

    #[test]
    fn only_what_is_public_and_what_that_needs_is_told_of() {
        let documents = [document("/orders", "Order"), document("/secrets", "Secret")];
        let merged = merge(documents, |service, method, path| {
            service == "order" && path == "/orders" && method == "GET"
        });
        let paths: Vec<&String> = merged["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, ["/orders"]);
        assert!(merged["paths"]["/orders"]["post"].is_null());
        let schemas: Vec<&String> = merged["components"]["schemas"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        assert_eq!(schemas, ["Order", "Part"]);
    }

    #[test]
    fn every_operation_tells_of_the_gateways_own_answers() {
        let merged = merge([document("/orders", "Order")], |_, _, _| true);
        for operation in merged["paths"]["/orders"].as_object().unwrap().values() {
            for status in ["401", "429", "502", "503"] {
                assert!(operation["responses"][status].is_object(), "{status}");
            }
        }
    }
}

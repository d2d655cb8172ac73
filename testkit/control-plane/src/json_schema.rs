//! Converts the API server's description of its kinds (OpenAPI 3) to JSON schemas that also reject unknown fields.

use serde_json::{Map, Value, json};

/// The schema of `kind` in `document`, which is the API server's `/openapi/v3` of its group and version.
///
/// It is complete: it includes every schema that it refers to.
pub fn of_kind(document: &Value, group: &str, version: &str, kind: &str) -> Option<Value> {
    let wanted = json!({"group": group, "version": version, "kind": kind});
    let schemas = document["components"]["schemas"].as_object()?;
    let (name, _) = schemas.iter().find(|(_, schema)| {
        schema["x-kubernetes-group-version-kind"]
            .as_array()
            // Schemas of several kinds are skipped, such as the options of a deletion.
            .is_some_and(|kinds| *kinds == [wanted.clone()])
    })?;
    let definitions: Map<String, Value> = schemas
        .iter()
        .map(|(name, schema)| (name.clone(), strict(schema)))
        .collect();
    Some(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": format!("#/definitions/{name}"),
        "definitions": definitions,
    }))
}

/// The schema with OpenAPI's keywords translated, and without unknown fields.
fn strict(schema: &Value) -> Value {
    let mut schema = translated(schema);
    let Some(fields) = schema.as_object_mut() else {
        return schema;
    };
    let is_open = fields.contains_key("additionalProperties")
        || fields.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    if fields.contains_key("properties") && !is_open {
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    for (keyword, value) in fields.iter_mut() {
        match keyword.as_str() {
            "properties" => each(value, strict),
            "items" | "additionalProperties" => *value = strict(value),
            // These only add conditions, and do not list all fields.
            "allOf" | "anyOf" | "oneOf" => each(value, open),
            "not" => *value = open(value),
            _ => {}
        }
    }
    schema
}

/// Like [`strict`], for a condition: fields that it does not mention are allowed.
fn open(schema: &Value) -> Value {
    let mut schema = translated(schema);
    if let Some(fields) = schema.as_object_mut() {
        for (keyword, value) in fields.iter_mut() {
            match keyword.as_str() {
                "properties" | "allOf" | "anyOf" | "oneOf" => each(value, open),
                "items" | "additionalProperties" | "not" => *value = open(value),
                _ => {}
            }
        }
    }
    schema
}

fn each(schemas: &mut Value, change: fn(&Value) -> Value) {
    match schemas {
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| *schema = change(schema)),
        Value::Object(schemas) => schemas.values_mut().for_each(|schema| *schema = change(schema)),
        _ => {}
    }
}

/// Translates the keywords of OpenAPI and Kubernetes to those of JSON schema, one level deep.
fn translated(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let Some(fields) = schema.as_object_mut() else {
        return schema;
    };
    if let Some(Value::String(reference)) = fields.get_mut("$ref") {
        *reference = reference.replace("#/components/schemas/", "#/definitions/");
    }
    let either = fields.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true))
        || fields
            .get("format")
            .is_some_and(|format| format == "int-or-string");
    if either {
        fields.remove("format");
        fields.insert("type".to_owned(), json!(["integer", "string"]));
    }
    if fields.remove("nullable") == Some(Value::Bool(true)) {
        match fields.get_mut("type") {
            Some(Value::Array(types)) => types.push(json!("null")),
            Some(one) => *one = json!([one.clone(), "null"]),
            None => {}
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_name_alone_and_brings_what_it_refers_to() {
        let all = json!([
            {"group": "", "version": "v1", "kind": "DeleteOptions"},
            {"group": "apps", "version": "v1", "kind": "DeleteOptions"},
        ]);
        let document = json!({"components": {"schemas": {
            "io.example.Thing": {
                "type": "object",
                "properties": {"spec": {"allOf": [{"$ref": "#/components/schemas/io.example.Spec"}]}},
                "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Thing"}],
            },
            "io.example.Spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
            "io.example.Options": {"type": "object", "x-kubernetes-group-version-kind": all},
        }}});
        let schema = of_kind(&document, "", "v1", "Thing").unwrap();
        assert_eq!(schema["$ref"], "#/definitions/io.example.Thing");
        let thing = &schema["definitions"]["io.example.Thing"];
        assert_eq!(
            thing["properties"]["spec"]["allOf"][0]["$ref"],
            "#/definitions/io.example.Spec"
        );
        assert_eq!(
            schema["definitions"]["io.example.Spec"]["additionalProperties"],
            false
        );
        assert_eq!(of_kind(&document, "", "v1", "DeleteOptions"), None);
        assert_eq!(of_kind(&document, "", "v2", "Thing"), None);
    }

    #[test]
    fn only_objects_with_known_fields_are_closed() {
        let map = strict(&json!({"type": "object", "additionalProperties": {"properties": {"a": {}}}}));
        assert_eq!(map["additionalProperties"]["additionalProperties"], false);
        let anything = strict(&json!({"type": "object"}));
        assert_eq!(anything.get("additionalProperties"), None);
        let free = json!({"properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": true});
        assert_eq!(strict(&free).get("additionalProperties"), None);
    }

    #[test]
    fn a_condition_allows_the_fields_that_it_does_not_mention() {
        let schema = strict(&json!({
            "properties": {"a": {}, "b": {}},
            "oneOf": [{"properties": {"a": {}}, "required": ["a"]}, {"not": {"properties": {"a": {}}}}],
        }));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["oneOf"][0].get("additionalProperties"), None);
        assert_eq!(schema["oneOf"][1]["not"].get("additionalProperties"), None);
    }

    #[test]
    fn a_field_called_like_a_keyword_is_a_field() {
        let schema = strict(
            &json!({"properties": {"properties": {"type": "string"}, "nullable": {"type": "boolean"}}}),
        );
        assert_eq!(schema["properties"]["properties"], json!({"type": "string"}));
        assert_eq!(schema["properties"]["nullable"], json!({"type": "boolean"}));
    }

    #[test]
    fn numbers_or_text_and_nothing_at_all_are_said_in_types() {
        let port =
            json!({"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": true});
        assert_eq!(translated(&port)["type"], json!(["integer", "string"]));
        assert_eq!(
            translated(&json!({"type": "string", "nullable": true})),
            json!({"type": ["string", "null"]})
        );
    }
}

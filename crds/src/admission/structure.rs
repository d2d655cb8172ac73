//! Checks a document against a structural schema: fields, types, limits, patterns, and keys that may not stand twice.
//!
//! These are the parts of OpenAPI that structural schemas of Kubernetes may use and ours do use
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>);
//! the problems read like those of the API server.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use regex::Regex;
use serde_json::{Map, Value};

/// What is wrong with a whole object; empty if nothing is.
pub(super) fn problems(schema: &JSONSchemaProps, document: &Value) -> Vec<String> {
    let mut problems = Problems(Vec::new());
    match document {
        Value::Object(fields) => {
            // The schema says nothing of these: every kind has them.
            let own: Map<String, Value> = fields
                .iter()
                .filter(|(name, _)| !["apiVersion", "kind", "metadata"].contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if fields
                .get("metadata")
                .and_then(|metadata| metadata["name"].as_str())
                .is_none_or(str::is_empty)
            {
                problems.add("metadata.name", "Required value");
            }
            problems.object("", schema, &own);
        }
        other => problems.add("", &format!("must be an object, not {}", type_of(other))),
    }
    problems.0
}

struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, path: &str, problem: &str) {
        self.0.push(if path.is_empty() {
            problem.to_owned()
        } else {
            format!("{path}: {problem}")
        });
    }

    fn value(&mut self, path: &str, schema: &JSONSchemaProps, value: &Value) {
        // A field that is null counts as one that is left out.
        if value.is_null() {
            return;
        }
        if let Some(allowed) = &schema.enum_
            && !allowed.iter().any(|allowed| allowed.0 == *value)
        {
            let allowed: Vec<String> = allowed
                .iter()
                .filter(|value| !value.0.is_null())
                .map(|value| value.0.to_string())
                .collect();
            let problem = format!(
                "Unsupported value: {value}: supported values: {}",
                allowed.join(", ")
            );
            return self.add(path, &problem);
        }
        if schema.x_kubernetes_int_or_string == Some(true) {
            if !value.is_string() && !is_integer(value) {
                self.invalid(path, value, "must be an integer or a string");
            }
            return;
        }
        match (schema.type_.as_deref(), value) {
            (Some("object"), Value::Object(fields)) => self.object(path, schema, fields),
            (Some("array"), Value::Array(items)) => self.list(path, schema, items),
            (Some("string"), Value::String(text)) => self.string(path, schema, text),
            (Some("integer"), number) if is_integer(number) => self.number(path, schema, number),
            (Some("number"), Value::Number(_)) => self.number(path, schema, value),
            (Some("boolean"), Value::Bool(_)) | (None, _) => {}
            (Some(wanted), other) => {
                let problem = format!("must be of type {wanted}, not {}", type_of(other));
                self.invalid(path, value, &problem);
            }
        }
    }

    fn invalid(&mut self, path: &str, value: &Value, problem: &str) {
        self.add(path, &format!("Invalid value: {value}: {problem}"));
    }

    fn object(&mut self, path: &str, schema: &JSONSchemaProps, fields: &Map<String, Value>) {
        let child = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        for name in schema.required.iter().flatten() {
            // What has a default is filled in before it is checked.
            let property = schema.properties.as_ref().and_then(|all| all.get(name));
            if fields.get(name).is_none_or(Value::is_null)
                && property.is_none_or(|property| property.default.is_none())
            {
                self.add(&child(name), "Required value");
            }
        }
        for (name, value) in fields {
            let property = schema.properties.as_ref().and_then(|all| all.get(name));
            match (property, &schema.additional_properties) {
                (Some(property), _) => self.value(&child(name), property, value),
                (None, Some(JSONSchemaPropsOrBool::Schema(any))) => self.value(&child(name), any, value),
                (None, Some(JSONSchemaPropsOrBool::Bool(true))) => {}
                (None, _) if schema.x_kubernetes_preserve_unknown_fields == Some(true) => {}
                (None, _) => self.add(&child(name), "unknown field"),
            }
        }
        self.count(
            path,
            fields.len(),
            "properties",
            schema.min_properties,
            schema.max_properties,
        );
    }

    fn list(&mut self, path: &str, schema: &JSONSchemaProps, items: &[Value]) {
        self.count(path, items.len(), "items", schema.min_items, schema.max_items);
        if let Some(JSONSchemaPropsOrArray::Schema(of_items)) = &schema.items {
            for (index, item) in items.iter().enumerate() {
                self.value(&format!("{path}[{index}]"), of_items, item);
            }
        }
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let Some(key) = key(schema, item) else { continue };
            if !seen.insert(key.clone()) {
                self.add(&format!("{path}[{index}]"), &format!("Duplicate value: {key}"));
            }
        }
    }

    fn string(&mut self, path: &str, schema: &JSONSchemaProps, text: &str) {
        self.count(
            path,
            text.chars().count(),
            "characters",
            schema.min_length,
            schema.max_length,
        );
        if let Some(pattern) = &schema.pattern
            && Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
        {
            self.invalid(path, &Value::from(text), &format!("should match '{pattern}'"));
        }
    }

    fn number(&mut self, path: &str, schema: &JSONSchemaProps, value: &Value) {
        let number = value.as_f64().unwrap_or_default();
        if let Some(minimum) = schema.minimum
            && number < minimum
        {
            self.invalid(
                path,
                value,
                &format!("should be greater than or equal to {minimum}"),
            );
        }
        if let Some(maximum) = schema.maximum
            && number > maximum
        {
            self.invalid(path, value, &format!("should be less than or equal to {maximum}"));
        }
        if schema.format.as_deref() == Some("int32")
            && value.as_i64().is_none_or(|number| i32::try_from(number).is_err())
        {
            self.invalid(path, value, "must be a whole number of 32 bits");
        }
    }

    fn count(&mut self, path: &str, count: usize, of: &str, least: Option<i64>, most: Option<i64>) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if let Some(least) = least
            && count < least
        {
            self.add(path, &format!("must have at least {least} {of}, has {count}"));
        }
        if let Some(most) = most
            && count > most
        {
            self.add(path, &format!("must have at most {most} {of}, has {count}"));
        }
    }
}

/// What may stand only once in a list: the keys of a map's item, or a set's item itself.
fn key(schema: &JSONSchemaProps, item: &Value) -> Option<String> {
    match schema.x_kubernetes_list_type.as_deref() {
        Some("map") => {
            let keys: Map<String, Value> = schema
                .x_kubernetes_list_map_keys
                .iter()
                .flatten()
                .map(|key| (key.clone(), item[key].clone()))
                .collect();
            Some(Value::Object(keys).to_string())
        }
        Some("set") => Some(item.to_string()),
        _ => None,
    }
}

/// YAML's `3.0` is an integer for the API server, too.
fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

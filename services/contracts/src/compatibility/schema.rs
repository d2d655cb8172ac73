//! Two versions of one JSON schema: what the newer one takes away.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Who makes the values of a schema, and so which changes hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Clients: what they may write may not shrink.
    Written,
    /// We: what clients read may not shrink either, nor become something else.
    Read,
}

/// The schemas of an old and a new document, and what was found so far.
pub(super) struct Schemas<'a> {
    old: &'a Value,
    new: &'a Value,
    compared: BTreeSet<(Side, String)>,
    complaints: Vec<String>,
}

/// What matters of a schema, with references followed and parts put together.
#[derive(Default)]
struct Flat<'a> {
    types: BTreeSet<&'a str>,
    properties: BTreeMap<&'a str, &'a Value>,
    required: BTreeSet<&'a str>,
    values: Option<&'a Vec<Value>>,
    constant: Option<&'a Value>,
    items: Option<&'a Value>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self {
            old,
            new,
            compared: BTreeSet::new(),
            complaints: Vec::new(),
        }
    }

    pub(super) fn complain(&mut self, place: &str, words: &str) {
        self.complaints.push(format!("{place} {words}"));
    }

    pub(super) fn into_complaints(self) -> Vec<String> {
        self.complaints
    }

    /// Compares two schemas that describe the same thing, which `place` names.
    pub(super) fn compare(&mut self, place: &str, side: Side, old: &'a Value, new: &'a Value) {
        if let (Some(old), Some(new)) = (old["$ref"].as_str(), new["$ref"].as_str())
            && !self.compared.insert((side, format!("{old} {new}")))
        {
            // Complained of where it was met first, and then a schema may contain itself.
            return;
        }
        let (mut before, mut after) = (Flat::default(), Flat::default());
        before.add(self.old, old);
        after.add(self.new, new);
        self.compare_values(place, side, &before, &after);
        for (name, old) in &before.properties {
            let inner = format!("{place}: {name}");
            match (after.properties.get(name), side) {
                (Some(new), _) => self.compare(&inner, side, old, new),
                (None, Side::Written) => self.complain(&inner, "is no longer understood"),
                (None, Side::Read) => self.complain(&inner, "is gone"),
            }
        }
        match side {
            Side::Written => {
                for name in after.required.difference(&before.required) {
                    self.complain(&format!("{place}: {name}"), "is now demanded");
                }
            }
            Side::Read => {
                for name in before.required.difference(&after.required) {
                    if after.properties.contains_key(name) {
                        self.complain(&format!("{place}: {name}"), "may now be missing");
                    }
                }
            }
        }
        if let (Some(old), Some(new)) = (before.items, after.items) {
            self.compare(&format!("{place}[]"), side, old, new);
        }
    }

    fn compare_values(&mut self, place: &str, side: Side, before: &Flat<'_>, after: &Flat<'_>) {
        // No types at all means any.
        match side {
            Side::Written if !after.types.is_empty() => {
                for gone in before.types.difference(&after.types) {
                    self.complain(place, &format!("may no longer be a {gone}"));
                }
            }
            Side::Read if !before.types.is_empty() => {
                for more in after.types.difference(&before.types) {
                    self.complain(place, &format!("may now be a {more}"));
                }
            }
            _ => {}
        }
        if let (Some(old), Some(new)) = (before.values, after.values) {
            for value in old.iter().filter(|value| !new.contains(value)) {
                self.complain(place, &format!("no longer knows {value}"));
            }
        }
        if let Some(old) = before.constant
            && before.constant != after.constant
        {
            self.complain(place, &format!("is no longer always {old}"));
        }
    }
}

impl<'a> Flat<'a> {
    fn add(&mut self, root: &'a Value, schema: &'a Value) {
        if let Some(reference) = schema["$ref"].as_str()
            && let Some(target) = root.pointer(reference.trim_start_matches('#'))
        {
            return self.add(root, target);
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for part in schema[key].as_array().into_iter().flatten() {
                self.add(root, part);
            }
        }
        match &schema["type"] {
            Value::String(one) => {
                self.types.insert(one);
            }
            Value::Array(several) => self.types.extend(several.iter().filter_map(Value::as_str)),
            _ => {}
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            self.properties.insert(name, property);
        }
        let required = schema["required"].as_array().into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str));
        self.values = self.values.or(schema["enum"].as_array());
        self.constant = self.constant.or(schema.get("const"));
        self.items = self.items.or(schema.get("items"));
    }
}

//! Compares two versions of a JSON schema and finds what the newer one removes.

use crate::rules;
use crate::side::Side;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An empty schema, which allows everything.
static ANYTHING: Value = Value::Null;

/// The schemas of an old and a new document, and the breaking changes found so far.
pub(crate) struct Schemas<'a> {
    old: &'a Value,
    new: &'a Value,
    compared: BTreeSet<(Side, String)>,
    complaints: Vec<String>,
}

/// The relevant parts of a schema, with references resolved and combined schemas merged.
#[derive(Debug, Default)]
struct Flat<'a> {
    /// Empty means any type.
    types: BTreeSet<&'a str>,
    properties: BTreeMap<&'a str, &'a Value>,
    required: BTreeSet<&'a str>,
    /// The only allowed values, apart from null.
    values: Option<Vec<&'a Value>>,
    constant: Option<&'a Value>,
    items: Option<&'a Value>,
    /// The schema of fields without a declared name.
    others: Option<&'a Value>,
    /// The rules in it, of [`rules::KEYWORDS`].
    rules: BTreeMap<&'static str, &'a Value>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self {
            old,
            new,
            compared: BTreeSet::new(),
            complaints: Vec::new(),
        }
    }

    pub(crate) fn complain(&mut self, place: &str, words: &str) {
        self.complaints.push(format!("{place} {words}"));
    }

    pub(crate) fn into_complaints(self) -> Vec<String> {
        self.complaints
    }

    /// Compares two schemas of the same value; `place` names it in messages.
    pub(crate) fn compare(&mut self, place: &str, side: Side, old: &'a Value, new: &'a Value) {
        if let (Some(old), Some(new)) = (old["$ref"].as_str(), new["$ref"].as_str())
            && !self.compared.insert((side, format!("{old} {new}")))
        {
            // Already compared elsewhere; this also ends the recursion for a schema that contains itself.
            return;
        }
        let (before, after) = (Flat::of(self.old, old), Flat::of(self.new, new));
        self.compare_types(place, side, &before, &after);
        self.compare_values(place, side, &before, &after);
        for words in rules::changes(side, &before.rules, &after.rules) {
            self.complain(place, &words);
        }
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
        if before.may_be("array") && after.may_be("array") {
            let inner = format!("{place}[]");
            self.compare_parts(&inner, side, before.items, after.items);
        }
        if before.may_be("object") && after.may_be("object") {
            self.compare_others(place, side, before.others, after.others);
        }
    }

    /// Compares parts of schemas; a missing part allows everything.
    fn compare_parts(&mut self, place: &str, side: Side, old: Option<&'a Value>, new: Option<&'a Value>) {
        if old.is_some() || new.is_some() {
            self.compare(place, side, old.unwrap_or(&ANYTHING), new.unwrap_or(&ANYTHING));
        }
    }

    /// Compares the schemas of fields without a declared name: any value, a schema, or not allowed.
    fn compare_others(&mut self, place: &str, side: Side, old: Option<&'a Value>, new: Option<&'a Value>) {
        let nothing = |others: Option<&Value>| others == Some(&Value::Bool(false));
        match side {
            Side::Written if nothing(new) && !nothing(old) => {
                self.complain(place, "no longer takes other fields");
            }
            // Fields may be added, as long as existing ones keep their type.
            _ if nothing(old) || nothing(new) => {}
            _ => {
                let schema = |others: Option<&'a Value>| others.filter(|others| others.is_object());
                self.compare_parts(&format!("{place}{{}}"), side, schema(old), schema(new));
            }
        }
    }

    fn compare_types(&mut self, place: &str, side: Side, before: &Flat<'_>, after: &Flat<'_>) {
        match side {
            Side::Written if before.types.is_empty() && !after.types.is_empty() => {
                self.complain(
                    place,
                    &format!("may now only be a {}", joined(&after.types, " or a ")),
                );
            }
            Side::Written => {
                for gone in before.types.iter().filter(|gone| !after.may_be(gone)) {
                    self.complain(place, &format!("may no longer be a {gone}"));
                }
            }
            Side::Read if !before.types.is_empty() && after.types.is_empty() => {
                self.complain(
                    place,
                    &format!("need no longer be a {}", joined(&before.types, " or a ")),
                );
            }
            Side::Read => {
                for more in after.types.iter().filter(|more| !before.may_be(more)) {
                    self.complain(place, &format!("may now be a {more}"));
                }
            }
        }
    }

    fn compare_values(&mut self, place: &str, side: Side, before: &Flat<'_>, after: &Flat<'_>) {
        match (&before.values, &after.values) {
            (Some(old), Some(new)) => {
                for value in old.iter().filter(|value| !new.contains(value)) {
                    self.complain(place, &format!("no longer knows {value}"));
                }
            }
            (None, Some(new)) if side == Side::Written => {
                self.complain(place, &format!("may now only be {}", joined(new, " or ")));
            }
            _ => {}
        }
        if let Some(old) = before.constant
            && side == Side::Read
            && before.constant != after.constant
        {
            self.complain(place, &format!("is no longer always {old}"));
        }
    }
}

fn joined(words: impl IntoIterator<Item = impl ToString>, between: &str) -> String {
    let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
    words.join(between)
}

impl<'a> Flat<'a> {
    fn of(root: &'a Value, schema: &'a Value) -> Self {
        if let Some(reference) = schema["$ref"].as_str()
            && let Some(target) = root.pointer(reference.trim_start_matches('#'))
        {
            return Self::of(root, target);
        }
        let mut flat = Self::default();
        match &schema["type"] {
            Value::String(one) => {
                flat.types.insert(one);
            }
            Value::Array(several) => flat.types.extend(several.iter().filter_map(Value::as_str)),
            _ => {}
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            flat.properties.insert(name, property);
        }
        let required = schema["required"].as_array().into_iter().flatten();
        flat.required.extend(required.filter_map(Value::as_str));
        flat.constant = schema.get("const");
        let values = schema["enum"].as_array().map(|values| values.iter().collect());
        flat.values = values.or_else(|| flat.constant.map(|value| vec![value]));
        if let Some(values) = &mut flat.values {
            if flat.types.is_empty() {
                flat.types.extend(values.iter().map(|value| type_of(value)));
            }
            values.retain(|value| !value.is_null());
        }
        flat.items = schema.get("items");
        flat.others = schema.get("additionalProperties");
        for keyword in rules::KEYWORDS {
            if let Some(value) = schema.get(keyword) {
                flat.rules.insert(keyword, value);
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            flat.and(Self::of(root, part));
        }
        for key in ["oneOf", "anyOf"] {
            let choices = schema[key].as_array().into_iter().flatten();
            let choices = choices.map(|choice| Self::of(root, choice));
            if let Some(choice) = choices.reduce(Self::or) {
                flat.and(choice);
            }
        }
        flat
    }

    fn may_be(&self, kind: &str) -> bool {
        self.types.is_empty()
            || self.types.contains(kind)
            || (kind == "integer" && self.types.contains("number"))
    }

    fn is_null(&self) -> bool {
        self.types.iter().eq(["null"].iter())
    }

    /// Merges a schema that must match as well: the parts of an `allOf` describe different fields of the same value.
    fn and(&mut self, other: Self) {
        self.types.extend(other.types);
        self.properties.extend(other.properties);
        self.required.extend(other.required);
        self.values = self.values.take().or(other.values);
        self.constant = self.constant.or(other.constant);
        self.items = self.items.or(other.items);
        self.others = self.others.or(other.others);
        self.rules.extend(other.rules);
    }

    /// The schema of values that match either of the two.
    fn or(mut self, other: Self) -> Self {
        let any = self.types.is_empty() || other.types.is_empty();
        if self.is_null() || other.is_null() {
            // A nullable schema keeps everything else.
            self.and(other);
            if any {
                self.types.clear();
            }
            return self;
        }
        let values = match (self.values, other.values) {
            (Some(mut one), Some(another)) => {
                one.extend(another);
                Some(one)
            }
            _ => None,
        };
        // A rule applies to one type, and holds if all choices of that type have it.
        let mine = rules::of_either(&self.rules, &self.types, &other.rules, &other.types);
        Self {
            types: if any {
                BTreeSet::new()
            } else {
                &self.types | &other.types
            },
            required: &self.required & &other.required,
            properties: other.properties.into_iter().chain(self.properties).collect(),
            values,
            constant: self.constant.filter(|value| other.constant == Some(*value)),
            items: self.items.or(other.items),
            others: self.others.filter(|others| other.others == Some(*others)),
            rules: mine,
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

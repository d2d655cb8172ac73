//! JSON schema rules that restrict values further than their type does, and which changes of them are breaking.

use crate::side::Side;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The keywords of these rules.
pub(crate) const KEYWORDS: [&str; 12] = [
    "pattern",
    "format",
    "minLength",
    "minItems",
    "minimum",
    "exclusiveMinimum",
    "minProperties",
    "maxLength",
    "maxItems",
    "maximum",
    "exclusiveMaximum",
    "maxProperties",
];

/// Number formats: the narrower one, then the wider one.
const NARROWER: [(&str, &str); 3] = [("int32", "int64"), ("uint32", "uint64"), ("float", "double")];

type Rules<'a> = BTreeMap<&'static str, &'a Value>;

/// How the values that the new rule allows differ from those that the old one allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Narrower,
    Wider,
    /// Some values are removed and others added, or it cannot be determined.
    Other,
}

/// The breaking changes from `old` to `new`. What clients write may not be restricted further, and what they read may
/// not be extended.
pub(crate) fn changes(side: Side, old: &Rules<'_>, new: &Rules<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for keyword in KEYWORDS {
        let (before, after) = (old.get(keyword).copied(), new.get(keyword).copied());
        let harmless = match side {
            Side::Written => Change::Wider,
            Side::Read => Change::Narrower,
        };
        let change = change(keyword, before, after);
        if change != Change::None && change != harmless {
            found.push(match (before, after) {
                (None, Some(new)) => format!("now has the {keyword} {new}"),
                (Some(old), None) => format!("no longer has the {keyword} {old}"),
                (Some(old), Some(new)) => format!("now has the {keyword} {new}, not {old}"),
                (None, None) => continue,
            });
        }
    }
    found
}

fn change(keyword: &str, before: Option<&Value>, after: Option<&Value>) -> Change {
    let (before, after) = match (before, after) {
        (None, None) => return Change::None,
        // A minimum length of 0 restricts nothing.
        (None, Some(new)) if is_length(keyword) && new == 0 => return Change::None,
        (Some(old), None) if is_length(keyword) && old == 0 => return Change::None,
        (None, Some(_)) => return Change::Narrower,
        (Some(_), None) => return Change::Wider,
        (Some(before), Some(after)) => (before, after),
    };
    if before == after {
        return Change::None;
    }
    if keyword == "format" {
        let pair = |one: &Value, other: &Value| {
            let pairs = NARROWER.iter();
            pairs
                .into_iter()
                .any(|(narrow, wide)| one == narrow && other == wide)
        };
        return match (pair(after, before), pair(before, after)) {
            (true, _) => Change::Narrower,
            (_, true) => Change::Wider,
            _ => Change::Other,
        };
    }
    let compared = before.as_f64().zip(after.as_f64());
    match (
        compared.and_then(|(old, new)| new.partial_cmp(&old)),
        is_lower(keyword),
    ) {
        (Some(Ordering::Equal), _) => Change::None,
        (Some(Ordering::Greater), true) | (Some(Ordering::Less), false) => Change::Narrower,
        (Some(_), _) => Change::Wider,
        (None, _) => Change::Other,
    }
}

fn is_lower(keyword: &str) -> bool {
    keyword.starts_with("min") || keyword == "exclusiveMinimum"
}

fn is_length(keyword: &str) -> bool {
    matches!(keyword, "minLength" | "minItems" | "minProperties")
}

/// Whether the rule `keyword` applies to values of the type `kind`.
fn is_about(keyword: &str, kind: &str) -> bool {
    match keyword {
        "minLength" | "maxLength" | "pattern" => kind == "string",
        "minItems" | "maxItems" => kind == "array",
        "minProperties" | "maxProperties" => kind == "object",
        "format" => matches!(kind, "string" | "integer" | "number"),
        _ => matches!(kind, "integer" | "number"),
    }
}

/// The rules for values that match either of two schemas: if a rule is in both, the looser one; if the other schema
/// does not allow the rule's types, the rule itself.
pub(crate) fn of_either<'a>(
    one: &Rules<'a>,
    types: &BTreeSet<&str>,
    other: &Rules<'a>,
    other_types: &BTreeSet<&str>,
) -> Rules<'a> {
    let concerns = |keyword: &str, types: &BTreeSet<&str>| {
        types.is_empty() || types.iter().any(|kind| is_about(keyword, kind))
    };
    let mut both = BTreeMap::new();
    for keyword in KEYWORDS {
        let (mine, theirs) = (one.get(keyword).copied(), other.get(keyword).copied());
        let rule = match (concerns(keyword, types), concerns(keyword, other_types)) {
            (true, true) => match change(keyword, mine, theirs) {
                Change::None | Change::Narrower => mine,
                Change::Wider => theirs,
                Change::Other => None,
            },
            (true, false) => mine,
            (false, true) => theirs,
            (false, false) => None,
        };
        if let Some(rule) = rule {
            both.insert(keyword, rule);
        }
    }
    both
}

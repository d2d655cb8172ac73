//! Finds breaking changes between an old and a new document (`OpenAPI` or `AsyncAPI`).

mod rules;
mod schema;
mod side;

use schema::Schemas;
use serde_json::{Map, Value};
use side::Side;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The changes from `old` to `new` that break callers of the service, one sentence each.
///
/// Operations, parameters, fields and values may be added, but not removed. No new input may be required, and no field
/// that responses always had may be omitted. Rules (patterns, limits, formats) may not become stricter for what clients
/// write, nor looser for what they read.
pub fn openapi(old: &Value, new: &Value) -> Vec<String> {
    let mut schemas = Schemas::new(old, new);
    for (path, old_item) in entries(&old["paths"]) {
        let same = without_names(path);
        let (new_path, new_item) = entries(&new["paths"])
            .find(|(path, _)| without_names(path) == same)
            .map_or(("", &Value::Null), |(path, item)| (path.as_str(), item));
        for method in METHODS {
            let (before, after) = (&old_item[method], &new_item[method]);
            let place = format!("{} {path}", method.to_uppercase());
            match (before.is_object(), after.is_object()) {
                (true, false) => schemas.complain(&place, "is gone"),
                (true, true) => {
                    let renamed: Vec<(&str, &str)> = names(path).zip(names(new_path)).collect();
                    operation(&mut schemas, &place, &renamed, before, after);
                }
                (false, _) => {}
            }
        }
    }
    schemas.into_complaints()
}

/// The changes from `old` to `new` that break readers of the events, one sentence each.
pub fn asyncapi(old: &Value, new: &Value) -> Vec<String> {
    let mut schemas = Schemas::new(old, new);
    for (name, before) in entries(&old["channels"]) {
        let after = &new["channels"][name];
        let place = format!("the channel {name}");
        if before["address"] != after["address"] {
            schemas.complain(
                &place,
                &format!("has no longer the address {}", before["address"]),
            );
        }
        for (kind, _) in entries(&before["messages"]) {
            if after["messages"][kind].is_null() {
                schemas.complain(&place, &format!("no longer carries {kind}"));
            }
        }
    }
    for (kind, before) in entries(&old["components"]["messages"]) {
        let after = &new["components"]["messages"][kind];
        if after.is_object() {
            schemas.compare(kind, Side::Read, &before["payload"], &after["payload"]);
        }
    }
    schemas.into_complaints()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// The path with `{}` for each parameter, because parameter names are not part of the contract.
fn without_names(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment.strip_prefix('{') {
        Some(_) => "{}",
        None => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The names of the parameters in a path, from left to right.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// `renamed` pairs the old and the new name of each parameter in the path.
fn operation<'a>(
    schemas: &mut Schemas<'a>,
    place: &str,
    renamed: &[(&str, &str)],
    old: &'a Value,
    new: &'a Value,
) {
    parameters(schemas, place, renamed, &old["parameters"], &new["parameters"]);
    body(schemas, place, &old["requestBody"], &new["requestBody"]);
    for (status, before) in entries(&old["responses"]) {
        if !status.starts_with('2') {
            continue;
        }
        let after = &new["responses"][status];
        if after.is_null() {
            schemas.complain(place, &format!("no longer answers {status}"));
            continue;
        }
        let place = format!("{place}: the answer {status}");
        contents(schemas, &place, Side::Read, before, after);
    }
}

fn parameters<'a>(
    schemas: &mut Schemas<'a>,
    place: &str,
    renamed: &[(&str, &str)],
    old: &'a Value,
    new: &'a Value,
) {
    let all = |list: &'a Value| -> &'a [Value] { list.as_array().map_or(&[], Vec::as_slice) };
    let same = |one: &Value, other: &Value| one["in"] == other["in"] && one["name"] == other["name"];
    let (old, new) = (all(old), all(new));
    for before in old.iter().filter(|parameter| parameter["in"] != "path") {
        let name = before["name"].as_str().unwrap_or_default();
        match new.iter().find(|after| same(before, after)) {
            None => schemas.complain(place, &format!("no longer understands the parameter {name}")),
            Some(after) => {
                let place = format!("{place}: the parameter {name}");
                schemas.compare(&place, Side::Written, &before["schema"], &after["schema"]);
            }
        }
    }
    for (before, after) in renamed {
        let schema = |all: &'a [Value], name: &str| {
            let in_path = |parameter: &&Value| parameter["in"] == "path" && parameter["name"] == name;
            all.iter().find(in_path).map(|parameter| &parameter["schema"])
        };
        if let (Some(old), Some(new)) = (schema(old, before), schema(new, after)) {
            schemas.compare(
                &format!("{place}: the parameter {before}"),
                Side::Written,
                old,
                new,
            );
        }
    }
    for after in new.iter().filter(|parameter| parameter["in"] != "path") {
        let demanded = old
            .iter()
            .any(|before| same(before, after) && before["required"] == true);
        if after["required"] == true && !demanded {
            let name = after["name"].as_str().unwrap_or_default();
            schemas.complain(place, &format!("now demands the parameter {name}"));
        }
    }
}

fn body<'a>(schemas: &mut Schemas<'a>, place: &str, old: &'a Value, new: &'a Value) {
    if new["required"] == true && old["required"] != true {
        schemas.complain(place, "now demands a body");
    }
    if old.is_object() {
        contents(schemas, &format!("{place}: the body"), Side::Written, old, new);
    }
}

fn contents<'a>(schemas: &mut Schemas<'a>, place: &str, side: Side, old: &'a Value, new: &'a Value) {
    for (kind, before) in entries(&old["content"]) {
        let after = &new["content"][kind];
        if after.is_null() {
            schemas.complain(place, &format!("is no longer {kind}"));
        } else {
            schemas.compare(place, side, &before["schema"], &after["schema"]);
        }
    }
}

#[cfg(test)]
mod tests;

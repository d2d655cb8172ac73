//! What of a new document (`OpenAPI` or `AsyncAPI`) would break those who rely on the old one.

mod rules;
mod schema;
mod side;

use schema::Schemas;
use serde_json::{Map, Value};
use side::Side;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// What callers of the service that `old` tells of could no longer rely on with `new`, one sentence each.
///
/// Operations, parameters, fields and values may be added, but not taken away; nothing that was not asked for may
/// be demanded; what was always answered may not be left out. Rules (patterns, limits, formats) may not become stricter
/// for what callers write, nor looser for what they read.
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

/// What readers of the events that `old` tells of could no longer rely on with `new`, one sentence each.
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

/// The path with `{}` for each parameter: its name is for people.
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

/// `renamed` pairs what the parameters in the path are called in both documents.
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
mod tests {
    use super::*;
    use serde_json::json;

    fn shop() -> Value {
        json!({
            "paths": {"/orders/{id}": {"post": {
                "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/OrderRequest"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                    "404": {}},
            }}},
            "components": {"schemas": {
                "OrderRequest": {"type": "object", "properties": {
                    "qty": {"type": ["integer", "string"]}, "size": {"enum": ["S", "L"]}}},
                "Order": {"allOf": [
                    {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                    {"type": "object", "properties": {"lines": {"type": "array", "items":
                        {"type": "object", "required": ["qty"], "properties": {"qty": {"type": "integer"}}}}}},
                ]},
            }},
        })
    }

    fn changed(pointer: &str, value: Value) -> Value {
        let mut shop = shop();
        *shop.pointer_mut(pointer).unwrap() = value;
        shop
    }

    #[test]
    fn nothing_changed_breaks_nothing() {
        assert_eq!(openapi(&shop(), &shop()), [] as [&str; 0]);
    }

    #[test]
    fn what_is_added_breaks_nothing() {
        let mut more = shop();
        more["paths"]["/stores"] = json!({"get": {}});
        more["components"]["schemas"]["OrderRequest"]["properties"]["note"] = json!({"type": "string"});
        more["components"]["schemas"]["OrderRequest"]["properties"]["size"]["enum"] = json!(["S", "M", "L"]);
        more["components"]["schemas"]["Order"]["allOf"][1]["properties"]["note"] = json!({"type": "string"});
        assert_eq!(openapi(&shop(), &more), [] as [&str; 0]);
    }

    #[test]
    fn a_parameters_name_in_the_path_is_for_people() {
        let mut renamed = shop();
        let item = renamed["paths"]["/orders/{id}"].take();
        renamed["paths"] = json!({"/orders/{orderId}": item});
        assert_eq!(openapi(&shop(), &renamed), [] as [&str; 0]);
    }

    #[test]
    fn each_kind_of_break_is_told_in_words() {
        let post = "/paths/~1orders~1{id}/post";
        let order_request = "/components/schemas/OrderRequest";
        let order = "/components/schemas/Order/allOf";
        let cases = [
            (changed(post, json!(null)), "POST /orders/{id} is gone"),
            (
                changed(&format!("{post}/parameters"), json!([])),
                "POST /orders/{id} no longer understands the parameter limit",
            ),
            (
                changed(
                    &format!("{post}/parameters/0"),
                    json!({"in": "query", "name": "limit", "required": true}),
                ),
                "POST /orders/{id} now demands the parameter limit",
            ),
            (
                changed(
                    order_request,
                    json!({"type": "object", "required": ["qty"], "properties":
                    {"qty": {"type": ["integer", "string"]}, "size": {"enum": ["S", "L"]}}}),
                ),
                "POST /orders/{id}: the body: qty is now demanded",
            ),
            (
                changed(&format!("{order_request}/properties/qty/type"), json!("integer")),
                "POST /orders/{id}: the body: qty may no longer be a string",
            ),
            (
                changed(&format!("{order_request}/properties/size/enum"), json!(["S"])),
                "POST /orders/{id}: the body: size no longer knows \"L\"",
            ),
            (
                changed(
                    &format!("{order_request}/properties"),
                    json!({"qty": {"type": ["integer", "string"]}}),
                ),
                "POST /orders/{id}: the body: size is no longer understood",
            ),
            (
                changed(&format!("{order}/0/properties"), json!({})),
                "POST /orders/{id}: the answer 200: id is gone",
            ),
            (
                changed(&format!("{order}/0/required"), json!([])),
                "POST /orders/{id}: the answer 200: id may now be missing",
            ),
            (
                changed(
                    &format!("{order}/1/properties/lines/items/properties/qty/type"),
                    json!("string"),
                ),
                "POST /orders/{id}: the answer 200: lines[]: qty may now be a string",
            ),
        ];
        for (new, words) in cases {
            let found = openapi(&shop(), &new);
            assert!(found.iter().any(|found| found == words), "{words}: {found:?}");
        }
    }

    /// A service that takes a value of this schema in the path and in the body, and answers with one.
    fn echo(schema: &Value) -> Value {
        let fields = json!({"type": "object", "properties": {"it": schema}});
        let content = json!({"content": {"application/json": {"schema": fields}}});
        json!({"paths": {"/echo/{id}": {"put": {
            "parameters": [{"in": "path", "name": "id", "required": true, "schema": schema}],
            "requestBody": content, "responses": {"200": content}}}}})
    }

    #[test]
    fn rules_may_not_become_stricter_for_what_is_written_nor_looser_for_what_is_read() {
        let number = |more: Value| {
            let mut schema = json!({"type": "integer"});
            schema
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            schema
        };
        let cases = [
            (
                json!({"type": "string"}),
                json!({"type": "string", "enum": ["a"]}),
                "may now only be \"a\"",
                None,
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "pattern": "^a"}),
                "now has the pattern \"^a\"",
                Some("no longer has the pattern \"^a\""),
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "minLength": 1}),
                "now has the minLength 1",
                Some("no longer has the minLength 1"),
            ),
            (
                json!({"type": "string", "maxLength": 9}),
                json!({"type": "string", "maxLength": 8}),
                "now has the maxLength 8, not 9",
                Some("now has the maxLength 9, not 8"),
            ),
            (
                number(json!({"minimum": 0})),
                number(json!({"minimum": 1})),
                "now has the minimum 1, not 0",
                Some("now has the minimum 0, not 1"),
            ),
            (
                number(json!({})),
                number(json!({"maximum": 5})),
                "now has the maximum 5",
                Some("no longer has the maximum 5"),
            ),
            (
                number(json!({"format": "int64"})),
                number(json!({"format": "int32"})),
                "now has the format \"int32\", not \"int64\"",
                Some("now has the format \"int64\", not \"int32\""),
            ),
            (
                json!({}),
                json!({"type": "string"}),
                "may now only be a string",
                Some("need no longer be a string"),
            ),
            (
                json!({"type": "object"}),
                json!({"type": "object", "additionalProperties": false}),
                "no longer takes other fields",
                None,
            ),
            (
                json!({"type": "number"}),
                json!({"type": "integer"}),
                "may no longer be a number",
                Some("may now be a number"),
            ),
        ];
        for (loose, strict, written, read) in cases {
            let found = openapi(&echo(&loose), &echo(&strict));
            let expected = [
                format!("PUT /echo/{{id}}: the parameter id {written}"),
                format!("PUT /echo/{{id}}: the body: it {written}"),
            ];
            assert_eq!(found, expected, "{loose} → {strict}");
            let found = openapi(&echo(&strict), &echo(&loose));
            let expected: Vec<String> = read
                .iter()
                .map(|read| format!("PUT /echo/{{id}}: the answer 200: it {read}"))
                .collect();
            assert_eq!(found, expected, "{strict} → {loose}");
        }
    }

    #[test]
    fn a_rule_of_one_choice_binds_only_values_of_its_type() {
        let choice = |more: Value| json!({"anyOf": [{"type": "integer", "minimum": 1}, more]});
        let (short, long) = (
            json!({"type": "string", "maxLength": 5}),
            json!({"type": "string", "maxLength": 9}),
        );
        let found = openapi(&echo(&choice(long.clone())), &echo(&choice(short.clone())));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found
                .iter()
                .all(|found| found.ends_with("now has the maxLength 5, not 9")),
            "{found:?}"
        );
        // Whatever fits one of two may be as long as the longer one allows.
        let either = json!({"anyOf": [short.clone(), long.clone()]});
        assert_eq!(openapi(&echo(&either), &echo(&long)), [] as [&str; 0]);
        // Null as a further choice changes nothing about the others, but that it may be read.
        let optional = json!({"oneOf": [{"type": "null"}, short]});
        assert_eq!(
            openapi(&echo(&short), &echo(&optional)),
            ["PUT /echo/{id}: the answer 200: it may now be a null"]
        );
    }

    #[test]
    fn parts_of_lists_and_of_maps_are_compared_too() {
        for (kind, key, place) in [
            ("array", "items", "it[]"),
            ("object", "additionalProperties", "it{}"),
        ] {
            let of = |part: Value| json!({"type": kind, key: part});
            let found = openapi(
                &echo(&of(json!({"type": "string"}))),
                &echo(&json!({"type": kind})),
            );
            assert_eq!(
                found,
                [format!(
                    "PUT /echo/{{id}}: the answer 200: {place} need no longer be a string"
                )]
            );
        }
    }

    #[test]
    fn an_event_or_a_field_of_one_that_vanishes_is_found() {
        let old = json!({
            "channels": {"order": {"address": "orders", "messages": {"placed": {}, "cancelled": {}}}},
            "components": {"messages": {"placed": {"payload": {"type": "object", "properties": {"id": {}}}}}},
        });
        let new = json!({
            "channels": {"order": {"address": "orders.v2", "messages": {"placed": {}}}},
            "components": {"messages": {"placed": {"payload": {"type": "object"}}}},
        });
        assert_eq!(asyncapi(&old, &old), [] as [&str; 0]);
        assert_eq!(
            asyncapi(&old, &new),
            [
                "the channel order has no longer the address \"orders\"",
                "the channel order no longer carries cancelled",
                "placed: id is gone",
            ]
        );
    }
}

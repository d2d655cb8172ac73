//! Breaking changes, shown on a small document of each kind.

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
    // The length limit of a choice is that of the longer one.
    let either = json!({"anyOf": [short.clone(), long.clone()]});
    assert_eq!(openapi(&echo(&either), &echo(&long)), [] as [&str; 0]);
    // Null as a further choice does not change the others; it only means that clients may read null.
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

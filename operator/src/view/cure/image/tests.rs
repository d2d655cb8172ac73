//! Tests that every source of an image has the field to change.

use super::*;
use crate::view::test_platform::platform;

/// A platform of which the version 1 ran.
fn ran(spec: &Value) -> FoodDeliveryPlatform {
    platform(json!({
        "metadata": { "name": "shop", "namespace": "food" },
        "spec": spec,
        "status": {
            "version": "1",
            "services": [{ "name": "pay", "image": "x/pay:bad", "running": "7", "ready": 1, "desired": 1 }],
            "stores": { "postgres": { "provider": "Managed", "image": "docker.io/library/postgres:17" } },
        },
    }))
}

fn put_right(spec: &Value, image: &str) -> Value {
    match change(
        &format!("pod x: cannot pull image {image}: not found; and 2 more"),
        &ran(spec),
    )
    .unwrap()
    {
        Change::Merge(value) | Change::Operations(value) => value,
    }
}

fn assert_put_right(cases: &[(Value, &str, Value)]) {
    for (spec, image, expected) in cases {
        assert_eq!(put_right(spec, image), *expected, "{image} of {spec}");
    }
}

#[test]
fn an_image_of_a_service_has_the_field_to_change() {
    let own = |image: &str| json!({ "services": { "pay": { "image": image }, "store": { "image": image } } });
    let cases = [
        // The platform's own programs.
        (
            json!({ "image": { "tag": "bad" } }),
            "r/pay:bad",
            json!({ "image": { "tag": "1" } }),
        ),
        (
            json!({ "image": { "tag": "bad" } }),
            "r/setup:bad",
            json!({ "image": { "tag": "1" } }),
        ),
        (
            json!({ "image": { "registry": "r.example/x", "tag": "1" } }),
            "r.example/x/pay:1",
            json!({ "image": { "registry": null } }),
        ),
        (
            json!({ "image": { "registry": "r.example/x" } }),
            "r.example/x/kafka:4.3.1",
            json!({ "image": { "registry": null } }),
        ),
        (
            json!({}),
            "r/pay:1",
            json!({ "image": { "registry": "REGISTRY", "tag": "TAG" } }),
        ),
        // An image of a service's own.
        (
            own("x/pay:bad"),
            "x/pay:bad",
            json!({ "services": { "pay": { "image": "x/pay:7" } } }),
        ),
        (
            json!({ "services": { "store": { "image": "x/store:bad" } } }),
            "x/store:bad",
            json!({ "services": { "store": { "image": null } } }),
        ),
        (
            json!({ "services": { "pay": { "canary": { "tag": "bad", "weight": 1 } } } }),
            "r/pay:bad",
            json!({ "services": { "pay": { "canary": null } } }),
        ),
        (
            json!({ "services": { "pay": { "image": "r/paid:1", "canary": { "tag": "bad", "weight": 1 } } } }),
            "r/paid:bad",
            json!({ "services": { "pay": { "canary": null } } }),
        ),
    ];
    assert_put_right(&cases);
}

#[test]
fn an_image_of_another_program_has_the_field_to_change() {
    let cases = [
        // Stores: the one that last ran.
        (
            json!({ "postgres": { "image": "postgres:bad" } }),
            "postgres:bad",
            json!({ "postgres": { "image": "docker.io/library/postgres:17" } }),
        ),
        (
            json!({ "kafka": { "image": "k:bad" } }),
            "k:bad",
            json!({ "kafka": { "image": null } }),
        ),
        (
            json!({ "mongodb": { "provider": "Managed", "image": "m:bad" } }),
            "m:bad",
            json!({ "mongodb": { "image": null } }),
        ),
        // Programs that the operator chooses.
        (
            json!({ "kafka": { "ui": { "enabled": true, "image": "u:bad" } } }),
            "u:bad",
            json!({ "kafka": { "ui": { "image": null } } }),
        ),
        (
            json!({ "logging": { "elasticsearch": { "image": "e:bad" } } }),
            "e:bad",
            json!({ "logging": { "elasticsearch": { "image": null } } }),
        ),
        (
            json!({ "logging": { "fluentd": { "image": "f:bad" } } }),
            "f:bad",
            json!({ "logging": { "fluentd": { "image": null } } }),
        ),
        (
            json!({ "logging": { "kibana": { "image": "k:bad" } } }),
            "k:bad",
            json!({ "logging": { "kibana": { "image": null } } }),
        ),
        (
            json!({ "monitoring": { "prometheus": { "image": "p:bad" } } }),
            "p:bad",
            json!({ "monitoring": { "prometheus": { "image": null } } }),
        ),
        (
            json!({ "monitoring": { "grafana": { "image": "g:bad" } } }),
            "g:bad",
            json!({ "monitoring": { "grafana": { "image": null } } }),
        ),
        (
            json!({}),
            "docker.io/grafana/grafana:12.2.0",
            json!({ "monitoring": { "grafana": { "image": UNKNOWN } } }),
        ),
        (
            json!({ "extensions": [
                { "name": "a", "image": "a:1", "port": 80 }, { "name": "b", "image": "b:bad", "port": 80 },
            ] }),
            "b:bad",
            json!([{ "op": "replace", "path": "/spec/extensions/1/image", "value": UNKNOWN }]),
        ),
    ];
    assert_put_right(&cases);
}

#[test]
fn a_platform_that_never_ran_gets_what_the_operator_was_installed_with() {
    let platform = platform(json!({
        "metadata": { "name": "shop" }, "spec": { "image": { "registry": "r", "tag": "bad" } },
    }));
    let change = change("cannot pull image r/pay:bad: not found", &platform);
    assert_eq!(
        change,
        Some(Change::Merge(
            json!({ "image": { "registry": null, "tag": null } })
        ))
    );
}

#[test]
fn what_is_about_no_image_has_no_change() {
    assert_eq!(
        change("Deployment shop-pay: 0 of 1 ready", &ran(&json!({}))),
        None
    );
}

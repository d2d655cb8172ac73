//! Whose pods keep what they requested formerly and how they were asked whether they are well, and whose do not.

use serde_json::Value;

use super::*;
use crate::{model::observed::Observed, plan::plan, settings::Settings, spec::Validated};

fn platform(spec: &Value) -> Validated {
    let platform = json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food" }, "spec": spec,
    });
    Validated::new(&serde_json::from_value(platform).unwrap(), &Settings::default()).unwrap()
}

/// The first containers of the platform's data stores, in the order of their names, where such run already that were changed by
/// `change`.
fn containers(spec: &Value, change: impl Fn(&mut Value)) -> Vec<Value> {
    let platform = platform(spec);
    let mut observed = Observed::default();
    for planned in plan(&platform, &observed).objects {
        let mut object = DynamicObject::clone(&planned.object);
        if planned.resource.kind == "StatefulSet" {
            change(&mut object.data["spec"]["template"]["spec"]);
        }
        observed.children.insert(&planned.resource, Arc::new(object));
    }
    let mut objects = plan(&platform, &observed).objects;
    objects.retain(|planned| planned.resource.kind == "StatefulSet");
    objects.sort_by_key(|planned| planned.key().name);
    let container =
        |planned: &Planned| planned.object.data["spec"]["template"]["spec"]["containers"][0].clone();
    objects.iter().map(container).collect()
}

/// What they request.
fn requests(spec: &Value, change: impl Fn(&mut Value)) -> Vec<Value> {
    let request = |container: Value| container["resources"]["requests"]["cpu"].clone();
    containers(spec, change).into_iter().map(request).collect()
}

/// How they are asked whether they are alive.
fn liveness(spec: &Value, change: impl Fn(&mut Value)) -> Vec<Value> {
    let probe = |container: Value| container["livenessProbe"].clone();
    containers(spec, change).into_iter().map(probe).collect()
}

/// The probes of version 0.1.0.
fn asked_as_formerly(pod: &mut Value) {
    for container in pod["containers"].as_array_mut().unwrap() {
        let container = container.as_object_mut().unwrap();
        let name = container["name"].as_str().unwrap().to_owned();
        let alive = container["livenessProbe"].as_object_mut().unwrap();
        alive.remove("terminationGracePeriodSeconds");
        let (seconds, failures) = match name.as_str() {
            "kafka" => (10, 12),
            "postgres" | "mongodb" => (10, 30),
            "elasticsearch" => (10, 6),
            _ => continue,
        };
        // As the API server adds what is left out.
        *alive = json!({
            "tcpSocket": { "port": name }, "periodSeconds": seconds, "timeoutSeconds": 3, "failureThreshold": failures,
            "successThreshold": 1,
        })
        .as_object()
        .unwrap()
        .clone();
        if name != "elasticsearch" {
            container.remove("startupProbe");
        }
        if name == "postgres" {
            container["readinessProbe"] = json!({
                "exec": { "command": ["grep", "-q", "^ready", "/var/lib/postgresql/data/pgdata/postmaster.pid"] },
                "periodSeconds": 3, "timeoutSeconds": 3, "failureThreshold": 2, "successThreshold": 1,
            });
        }
    }
}

fn as_formerly(pod: &mut Value) {
    for containers in ["containers", "initContainers"] {
        for container in pod[containers].as_array_mut().into_iter().flatten() {
            container["resources"]["requests"]["cpu"] = json!("50m");
        }
    }
}

#[test]
fn a_new_platform_gets_the_new_shares() {
    assert_eq!(requests(&json!({}), |_| {}), ["100m", "200m"]);
}

#[test]
fn stores_that_run_keep_their_former_shares_and_their_pods() {
    assert_eq!(requests(&json!({}), as_formerly), ["50m", "50m"]);
}

#[test]
fn stores_whose_pods_are_replaced_anyway_get_the_new_shares() {
    let with_another_image = |pod: &mut Value| {
        as_formerly(pod);
        pod["containers"][0]["image"] = json!("another:1");
    };
    assert_eq!(requests(&json!({}), with_another_image), ["100m", "200m"]);
}

#[test]
fn a_request_that_somebody_else_has_set_is_put_right() {
    let by_hand = |pod: &mut Value| {
        pod["containers"][0]["resources"]["requests"]["cpu"] = json!("1");
    };
    assert_eq!(requests(&json!({}), by_hand), ["100m", "200m"]);
}

#[test]
fn stores_that_run_are_asked_as_before_and_keep_their_pods() {
    let all = json!({
        "kafka": { "brokers": 3 }, "mongodb": { "provider": "Managed" }, "logging": { "provider": "Managed" },
        "monitoring": { "provider": "Managed" },
    });
    for with_former_shares in [false, true] {
        let formerly = |pod: &mut Value| {
            asked_as_formerly(pod);
            if with_former_shares {
                as_formerly(pod);
            }
        };
        let stores = containers(&all, formerly);
        assert_eq!(stores.len(), 5);
        for container in stores {
            let mut pod = json!({ "containers": [container] });
            formerly(&mut pod);
            let live = &pod["containers"][0];
            assert_eq!(drift::missing_at("", &container, live), None);
            let alive = &container["livenessProbe"];
            assert_eq!(alive["terminationGracePeriodSeconds"], Value::Null);
            assert_eq!(
                alive["tcpSocket"] == Value::Null,
                container["name"] == "prometheus"
            );
        }
    }
}

#[test]
fn stores_whose_pods_are_replaced_anyway_are_asked_for_an_answer() {
    let with_another_image = |pod: &mut Value| {
        asked_as_formerly(pod);
        pod["containers"][0]["image"] = json!("another:1");
    };
    assert_eq!(
        liveness(&json!({}), with_another_image),
        liveness(&json!({}), |_| {})
    );
}

#[test]
fn a_probe_that_somebody_else_has_set_is_put_right() {
    let by_hand = |pod: &mut Value| {
        asked_as_formerly(pod);
        pod["containers"][0]["livenessProbe"]["failureThreshold"] = json!(1000);
    };
    assert_eq!(liveness(&json!({}), by_hand), liveness(&json!({}), |_| {}));
}

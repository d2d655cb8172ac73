//! Whose pods keep what they requested formerly, and whose do not.

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

/// What the data stores of the platform request, in the order of their names, where such run already that were changed
/// by `change`.
fn requests(spec: &Value, change: impl Fn(&mut Value)) -> Vec<Value> {
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
    let request = |planned: &Planned| {
        planned.object.data["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]
            .clone()
    };
    objects.iter().map(request).collect()
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

//! Tests the objects and the health of the data stores, for every provider.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod kafka;
mod kafka_providers;
mod mongodb;
mod postgres;

use std::sync::Arc;

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{
    model::{
        apis::{Apis, Family},
        observed::{Credentials, Observed},
    },
    plan::{Plan, plan},
    settings::Settings,
    spec::Validated,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::core::DynamicObject;
use serde_json::{Value, json};

fn platform(spec: &Value) -> Validated {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "uid": "1" }, "spec": spec,
    }))
    .unwrap();
    let settings = Settings {
        image_tag: "1.0.0".to_owned(),
        ..Settings::default()
    };
    Validated::new(&platform, &settings).unwrap()
}

/// A cluster with every third-party operator, and no objects of the platform.
fn empty_cluster() -> Observed {
    Observed {
        credentials: Credentials {
            postgres: "hunter2".to_owned(),
            mongodb: "hunter3".to_owned(),
            ..Credentials::default()
        },
        apis: Apis::all(),
        ..Observed::default()
    }
}

/// A cluster without one of these operators.
fn cluster_without(family: Family) -> Observed {
    let others = Family::ALL.into_iter().filter(|other| *other != family);
    Observed {
        apis: others.flat_map(Family::kinds).collect(),
        ..empty_cluster()
    }
}

fn planned(spec: &Value) -> Plan {
    plan(&platform(spec), &empty_cluster())
}

/// The object of that kind and name as JSON, if it is planned.
fn find(plan: &Plan, kind: &str, name: &str) -> Option<Value> {
    let object = plan.objects.iter().find(|planned| {
        planned.resource.kind == kind && planned.object.metadata.name.as_deref() == Some(name)
    })?;
    Some(serde_json::to_value(&*object.object).unwrap())
}

fn get(plan: &Plan, kind: &str, name: &str) -> Value {
    find(plan, kind, name).unwrap_or_else(|| Value::String(format!("there is no {kind} {name}")))
}

/// Kind and name of every planned object that matches.
fn names(plan: &Plan, matches: impl Fn(&str) -> bool) -> Vec<String> {
    let keys = plan.objects.iter().map(|planned| planned.key().to_string());
    keys.filter(|key| matches(key)).collect()
}

/// The variables of a container: plain values, `Secret/key` for required values from a Secret, and `Secret/key?` for
/// optional ones.
fn environment(object: &Value, container: usize) -> Vec<(String, String)> {
    let variables = &object["spec"]["template"]["spec"]["containers"][container]["env"];
    variables
        .as_array()
        .into_iter()
        .flatten()
        .map(|variable| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let key = &variable["valueFrom"]["secretKeyRef"];
            let value = if key.is_null() {
                text(&variable["value"])
            } else {
                let optional = if key["optional"] == true { "?" } else { "" };
                format!("{}/{}{optional}", text(&key["name"]), text(&key["key"]))
            };
            (text(&variable["name"]), value)
        })
        .collect()
}

fn variable(object: &Value, name: &str) -> Option<String> {
    let found = environment(object, 0)
        .into_iter()
        .find(|(known, _)| known == name);
    found.map(|(_, value)| value)
}

/// Whether the object is deleted together with the platform.
fn goes_with_the_platform(object: &Value) -> bool {
    let owners: Vec<OwnerReference> = serde_json::from_value(
        object["metadata"]
            .get("ownerReferences")
            .cloned()
            .unwrap_or(json!([])),
    )
    .unwrap();
    !owners.is_empty()
}

/// Adds the planned object of that kind and name to the cluster, with that status.
fn there(observed: &mut Observed, plan: &Plan, kind: &str, name: &str, status: Value) {
    let found = plan.objects.iter().find(|planned| {
        planned.resource.kind == kind && planned.object.metadata.name.as_deref() == Some(name)
    });
    let planned = found.unwrap();
    let mut object = DynamicObject::clone(&planned.object);
    object.metadata.generation = Some(2);
    object.data["status"] = status;
    observed.children.insert(&planned.resource, Arc::new(object));
}

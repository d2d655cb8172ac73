//! Tests Istio's objects for a platform, and the health of Istio.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod access;
mod health;
mod host_claims;
mod ingress;
mod routes;
mod sidecars;
mod versions;

use std::sync::Arc;

use fdp_crds::{FoodDeliveryPlatform, condition};
use fdp_operator::{
    model::{
        apis::{Apis, MetricsApi},
        assessment::{Condition, ConditionStatus},
        object::{Planned, to_value},
        observed::Observed,
        reason::Reason,
    },
    plan::{Plan, plan},
    settings::Settings,
    spec::Validated,
};
use k8s_openapi::api::core::v1::Pod;
use kube::core::DynamicObject;
use serde_json::{Value, json};

const GROUPS: [&str; 2] = ["networking.istio.io/", "security.istio.io/"];

fn validated(spec: &Value) -> Validated {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1",
        "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "uid": "0" },
        "spec": spec,
    }))
    .unwrap();
    fdp_crds::validate(&platform).unwrap();
    Validated::new(&platform, &Settings::default()).unwrap()
}

/// A cluster with all third-party operators, without the platform.
fn fresh() -> Observed {
    Observed {
        apis: Apis::all(),
        metrics: MetricsApi::Available,
        ..Observed::default()
    }
}

fn planned(spec: &Value, observed: &Observed) -> Plan {
    plan(&validated(spec), observed)
}

fn made(spec: &Value) -> Plan {
    planned(spec, &fresh())
}

fn with_mesh(more: &Value) -> Value {
    let mut spec = json!({ "mesh": { "provider": "Istio" } });
    for (key, value) in more.as_object().unwrap() {
        match (&mut spec[key], value) {
            (Value::Object(old), Value::Object(new)) => old.extend(new.clone()),
            (slot, value) => *slot = value.clone(),
        }
    }
    spec
}

fn find<'a>(plan: &'a Plan, kind: &str, name: &str) -> Option<&'a Planned> {
    plan.objects
        .iter()
        .find(|planned| planned.resource.kind == kind && planned.key().name == name)
}

fn spec(plan: &Plan, kind: &str, name: &str) -> Value {
    let planned = find(plan, kind, name).unwrap_or_else(|| panic!("there is no {kind} {name}"));
    planned.object.data["spec"].clone()
}

fn of_istio(plan: &Plan) -> Vec<String> {
    plan.objects
        .iter()
        .filter(|planned| {
            GROUPS
                .iter()
                .any(|group| planned.resource.api_version.starts_with(group))
        })
        .map(|planned| planned.key().to_string())
        .collect()
}

fn template(plan: &Plan, kind: &str, name: &str) -> Value {
    spec(plan, kind, name)["template"]["metadata"].clone()
}

/// The state of the cluster after the plan was applied.
fn applied(mut observed: Observed, plan: &Plan) -> Observed {
    for planned in &plan.objects {
        observed
            .children
            .insert(&planned.resource, Arc::clone(&planned.object));
    }
    observed
}

fn changed(
    observed: &mut Observed,
    plan: &Plan,
    kind: &str,
    name: &str,
    change: impl Fn(&mut DynamicObject),
) {
    let planned = find(plan, kind, name).unwrap();
    let mut object = DynamicObject::clone(&planned.object);
    change(&mut object);
    observed.children.insert(&planned.resource, Arc::new(object));
}

fn pod(part: &str, has_sidecar: bool) -> Arc<Pod> {
    let mut labels = json!({
        "app.kubernetes.io/name": part,
        "app.kubernetes.io/instance": "shop",
        "fooddelivery.dev/service": part,
        "fooddelivery.dev/track": "stable",
    });
    if has_sidecar {
        labels["security.istio.io/tlsMode"] = json!("istio");
    }
    let metadata = json!({ "name": format!("shop-{part}-x"), "labels": labels });
    Arc::new(
        serde_json::from_value(json!({ "metadata": metadata, "status": { "phase": "Running" } })).unwrap(),
    )
}

fn mesh_ready(plan: &Plan) -> Option<&Condition> {
    plan.assessment.condition(condition::MESH_READY)
}

//! A platform for tests of plans, and a cluster that carries them out at once and has all of it up.

#![allow(dead_code, reason = "each test target needs its part of it")]

use std::sync::Arc;

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{
    model::{observed::Observed, remembered::Remembered},
    plan::{changes::changes, plan},
    settings::Settings,
    spec::Validated,
};
use kube::core::DynamicObject;
use serde_json::{Value, json};

/// The platform `shop` in the namespace `food`.
pub(crate) fn platform(spec: &Value, annotations: &Value, settings: &Settings) -> Validated {
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "uid": "1", "annotations": annotations }, "spec": spec,
    }))
    .unwrap();
    fdp_crds::validate(&platform).unwrap();
    Validated::new(&platform, settings).unwrap()
}

/// Applies a plan to the cluster, makes all of it ready, and stores the status.
pub(crate) fn carry_out(platform: &Validated, observed: &mut Observed) {
    write(platform, observed);
    remember(platform, observed);
}

/// Carries out plans until nothing is left to do: the Jobs that try what services reach come when all is up, and go when the
/// status says what they have found.
pub(crate) fn settle(platform: &Validated, observed: &mut Observed) {
    for _ in 0..3 {
        carry_out(platform, observed);
    }
}

/// Applies a plan to the cluster and makes all of it ready, before the status is written.
pub(crate) fn write(platform: &Validated, observed: &mut Observed) {
    let plan = plan(platform, observed);
    let gone: Vec<_> = changes(platform, &plan, &observed.children)
        .deletions
        .iter()
        .map(|deletion| deletion.key.clone())
        .collect();
    let kept: Vec<_> = observed
        .children
        .iter()
        .filter(|(key, ..)| !gone.contains(key))
        .map(|(_, resource, object)| (resource.clone(), Arc::clone(object)))
        .collect();
    observed.children = fdp_operator::model::observed::Children::default();
    for (resource, object) in kept {
        observed.children.insert(&resource, object);
    }
    for planned in &plan.objects {
        let mut object = DynamicObject::clone(&planned.object);
        object.data["status"] = up(&planned.resource.kind, &object);
        observed.children.insert(&planned.resource, Arc::new(object));
    }
}

/// Stores the current status of the platform.
pub(crate) fn remember(platform: &Validated, observed: &mut Observed) {
    let assessment = plan(platform, observed).assessment;
    observed.remembered = Remembered {
        served: observed.remembered.served || assessment.version.is_some(),
        stores: assessment.stores.unwrap_or_default(),
        reachability: assessment.reachability.unwrap_or_default(),
        ..Remembered::default()
    };
}

/// The status of an object that is up.
pub(crate) fn up(kind: &str, object: &DynamicObject) -> Value {
    let replicas = object.data.pointer("/spec/replicas").cloned().unwrap_or(json!(1));
    match kind {
        "Deployment" => json!({ "replicas": replicas, "updatedReplicas": replicas,
            "availableReplicas": replicas, "readyReplicas": replicas,
            "conditions": [{ "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" }] }),
        "StatefulSet" => {
            json!({ "replicas": replicas, "readyReplicas": replicas, "updatedReplicas": replicas,
            "currentRevision": "a", "updateRevision": "a" })
        }
        "Job" => json!({ "conditions": [{ "type": "Complete", "status": "True" }] }),
        "Cluster" => json!({ "phase": "Cluster in healthy state", "readyInstances": 3 }),
        "Kafka" | "KafkaTopic" => json!({ "conditions": [{ "type": "Ready", "status": "True" }] }),
        "Elasticsearch" => json!({ "phase": "Ready", "health": "green", "observedGeneration": 0 }),
        "Kibana" => json!({ "health": "green", "observedGeneration": 0 }),
        "DaemonSet" => {
            json!({ "desiredNumberScheduled": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1,
            "numberReady": 1, "numberAvailable": 1, "numberMisscheduled": 0 })
        }
        _ => json!({}),
    }
}

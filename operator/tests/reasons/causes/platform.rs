//! Causes for reasons of the whole platform: it is up, nobody can order, objects cannot be written, nothing is done.

use fdp_crds::condition::{KAFKA_READY, READY, RECONCILING, STALLED};
use fdp_operator::{
    model::{
        assessment::{Assessment, Unwritten},
        health::Health,
        object::ObjectKey,
        reason::Reason,
    },
    plan::ownership::NotOurs,
    settings::Settings,
    spec::Validated,
};
use serde_json::{Value, json};

use crate::{
    causes::{Cause, cause, told},
    world::World,
};

pub(super) fn healthy() -> Vec<Cause> {
    let up = World::plain();
    vec![
        cause(Reason::PlatformReady, READY, "True", "everything is up", &up),
        cause(
            Reason::Finished,
            RECONCILING,
            "False",
            "nothing is left to do",
            &up,
        ),
        cause(Reason::NotStalled, STALLED, "False", "nothing needs", &up),
        cause(Reason::Ready, KAFKA_READY, "True", "Kafka takes connections", &up),
    ]
}

/// What is switched off, for customers.
pub(super) fn customers() -> Vec<Cause> {
    let without = |service: &str, how: Value| World::up(json!({ "services": { service: how } }));
    let off = json!({ "enabled": false });
    vec![
        cause(
            Reason::OrdersRefused,
            READY,
            "False",
            "pay is disabled",
            &without("pay", off.clone()),
        ),
        cause(
            Reason::OrdersRefused,
            STALLED,
            "True",
            "pay is scaled to 0",
            &without("pay", json!({ "replicas": 0 })),
        ),
        cause(
            Reason::OrdersNotDelivered,
            READY,
            "False",
            "store is disabled",
            &without("store", off),
        ),
    ]
}

/// Objects that could not be written, must not be, or may not be yet.
pub(super) fn writing() -> Vec<Cause> {
    let up = World::plain();
    let one = |sentence: &str| vec![sentence.to_owned()];
    let with = |world: &World, unwritten: &Unwritten| world.assessment().with_unwritten(unwritten);
    let refused = Unwritten {
        refused: one("Deployment shop-pay: exceeded quota: pods"),
        ..Unwritten::default()
    };
    let port = Unwritten {
        refused: one(
            "Service shop-gateway: node port 30080 belongs to Service shop-gateway in namespace other",
        ),
        ..Unwritten::default()
    };
    let foreign = NotOurs::new(&ObjectKey::new("ConfigMap", "shop-kafka"), &up.platform);
    let foreign = Unwritten {
        refused: vec![format!("ConfigMap shop-kafka: {foreign}")],
        ..Unwritten::default()
    };
    let contested = Unwritten {
        contested: one(
            "Deployment shop-pay: spec.replicas is changed by scaler whenever fdp-operator puts it back",
        ),
        ..Unwritten::default()
    };
    let waiting = Unwritten {
        waiting: one("Deployment shop-pay waits for Deployment shop-store: 0 of 1 replicas updated"),
        ..Unwritten::default()
    };
    let suspended = Unwritten {
        suspended: one("Deployment shop-pay"),
        ..Unwritten::default()
    };
    let broken = World::up(json!({ "image": { "tag": "2" } })).with_status(
        "shop-store",
        json!({ "conditions": [{ "type": "Progressing", "status": "False",
            "reason": "ProgressDeadlineExceeded", "message": "has timed out progressing" }] }),
    );
    let asleep = World::plain().asked(json!({ "suspend": true }), None);
    let spec = || up.spec.clone();
    vec![
        told(
            Reason::ApplyFailed,
            READY,
            "False",
            "exceeded quota",
            spec(),
            with(&up, &refused),
        ),
        told(
            Reason::ApplyFailed,
            RECONCILING,
            "True",
            "node port 30080",
            spec(),
            with(&up, &port),
        ),
        told(
            Reason::ApplyFailed,
            READY,
            "False",
            "annotate configmap shop-kafka",
            spec(),
            with(&up, &foreign),
        ),
        told(
            Reason::FieldContested,
            STALLED,
            "True",
            "spec.replicas",
            spec(),
            with(&up, &contested),
        ),
        told(
            Reason::RollingOut,
            READY,
            "False",
            "waits for Deployment shop-store",
            spec(),
            with(&up, &waiting),
        ),
        told(
            Reason::RolloutStopped,
            STALLED,
            "True",
            "the rollout has stopped there",
            broken.spec.clone(),
            with(&broken, &waiting),
        ),
        cause(Reason::Suspended, READY, "True", "spec.suspend", &asleep),
        told(
            Reason::Suspended,
            READY,
            "False",
            "Deployment shop-pay",
            asleep.spec.clone(),
            with(&asleep, &suspended),
        ),
    ]
}

/// Platforms at which nothing is done.
pub(super) fn stopped() -> Vec<Cause> {
    let refused = "pods is forbidden: User \"system:serviceaccount:operators:fdp-operator\" cannot list resource \"pods\"";
    let senseless = json!({ "services": { "order": { "resources": { "requests": { "cpu": "2" }, "limits": { "cpu": "1" } } } } });
    let deleting = Health::Waiting("EKS cluster food-delivery-shop: being deleted".to_owned());
    vec![
        told(
            Reason::InvalidSpec,
            STALLED,
            "True",
            "exceeds the limit",
            json!({}),
            Assessment::of_invalid_spec(&problem(&senseless)),
        ),
        told(
            Reason::Deleting,
            READY,
            "False",
            "EKS cluster",
            json!({}),
            Assessment::of_deletion(&[deleting]),
        ),
        told(
            Reason::Deleting,
            STALLED,
            "True",
            "AccessDenied",
            json!({}),
            Assessment::of_deletion(&[Health::Failed("ECR: AccessDenied".to_owned())]),
        ),
        told(
            Reason::NamespaceTerminating,
            READY,
            "False",
            "namespace food",
            json!({}),
            Assessment::of_ending_namespace("food"),
        ),
        told(
            Reason::RightsMissing,
            STALLED,
            "True",
            "cannot list",
            json!({}),
            Assessment::without_rights(&[refused.to_owned()]),
        ),
    ]
}

/// What is wrong with a specification that its schema lets pass.
fn problem(spec: &Value) -> String {
    let platform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food" }, "spec": spec,
    }));
    let refused = Validated::new(&platform.unwrap(), &Settings::default());
    refused.err().map(|invalid| invalid.to_string()).unwrap()
}

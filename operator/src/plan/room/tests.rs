//! Tests of when autoscalers are held back so that other pods find room, by how much, and for how long.

use std::{sync::Arc, time::Duration};

use fdp_crds::{FoodDeliveryPlatform, condition};
use k8s_openapi::{
    api::{apps::v1::Deployment, autoscaling::v2::HorizontalPodAutoscaler, core::v1::Pod},
    jiff::Timestamp,
};
use kube::core::{ApiResource, DynamicObject};
use serde_json::{Value, json};

use crate::{
    model::{
        apis::MetricsApi,
        object::{ObjectKey, to_value},
        observed::Observed,
    },
    plan::{plan, room::Room},
    settings::Settings,
    spec::Validated,
};

const BEGIN: i64 = 1_800_000_000;
const NO_CPU: &str = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + seconds).unwrap()
}

/// A platform whose order may have ten replicas, on a cluster that measures CPU.
struct World {
    platform: Validated,
    observed: Observed,
}

impl World {
    fn new() -> Self {
        let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food", "uid": "1-2-3" }, "spec": {},
        }))
        .unwrap();
        Self {
            platform: Validated::new(&platform, &Settings::default()).unwrap(),
            observed: Observed {
                metrics: MetricsApi::Available,
                now: at(0),
                ..Observed::default()
            },
        }
    }

    /// As it is kept in memory: without the name of its node.
    fn pod(&mut self, part: &str, name: &str, status: &Value) {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": { "name": name, "labels": { "app.kubernetes.io/name": part } },
            "status": status,
        }))
        .unwrap();
        self.observed.pods.push(Arc::new(pod));
    }

    fn with_running(mut self, part: &str, count: usize) -> Self {
        for number in 0..count {
            let name = format!("shop-{part}-{number}");
            let scheduled = json!({ "type": "PodScheduled", "status": "True" });
            let status = json!({ "phase": "Running", "conditions": [scheduled] });
            self.pod(part, &name, &status);
        }
        self
    }

    fn with_refused(mut self, part: &str, since: i64, message: &str) -> Self {
        let status = json!({ "phase": "Pending", "conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
            "lastTransitionTime": at(since).to_string() }] });
        self.pod(part, &format!("shop-{part}-waits"), &status);
        self
    }

    /// The autoscaler of order as it is in the cluster.
    fn with_autoscaler(mut self, most: i32, last_scaled: i64) -> Self {
        let autoscaler: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": { "name": "shop-order", "namespace": "food" },
            "spec": { "minReplicas": 1, "maxReplicas": most,
                      "scaleTargetRef": { "kind": "Deployment", "name": "shop-order" } },
            "status": { "currentReplicas": most, "desiredReplicas": most,
                        "lastScaleTime": at(last_scaled).to_string() },
        }))
        .unwrap();
        let resource = ApiResource::erase::<HorizontalPodAutoscaler>(&());
        self.observed.children.insert(&resource, Arc::new(autoscaler));
        self
    }

    /// A new version of order, of which so many replicas of all have come.
    fn rolling_out(mut self, updated: i32, all: i32) -> Self {
        let deployment: DynamicObject = serde_json::from_value(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "shop-order", "namespace": "food" },
            "status": { "replicas": all, "updatedReplicas": updated },
        }))
        .unwrap();
        let resource = ApiResource::erase::<Deployment>(&());
        self.observed.children.insert(&resource, Arc::new(deployment));
        self
    }

    fn ending(mut self, part: &str) -> Self {
        let pods = self.observed.pods.iter_mut();
        let mut of_part =
            pods.filter(|pod| pod.metadata.labels.iter().flatten().any(|(_, name)| name == part));
        let pod = Arc::make_mut(of_part.next().unwrap());
        pod.metadata.deletion_timestamp = serde_json::from_value(json!(at(0).to_string())).unwrap();
        self
    }

    /// The most replicas of order that the plan allows.
    fn most(&self) -> i64 {
        let plan = plan(&self.platform, &self.observed);
        let key = ObjectKey::new("HorizontalPodAutoscaler", "shop-order");
        let autoscaler = plan.objects.iter().find(|planned| planned.key() == key);
        to_value(&*autoscaler.unwrap().object)["spec"]["maxReplicas"]
            .as_i64()
            .unwrap()
    }

    fn said(&self) -> String {
        let conditions = plan(&self.platform, &self.observed).assessment.conditions;
        let about = conditions
            .iter()
            .find(|known| known.type_ == condition::AUTOSCALING_READY);
        let about = about.unwrap();
        format!("{:?} {}: {}", about.status, about.reason.as_str(), about.message)
    }
}

#[test]
fn a_pod_without_room_takes_a_replica_from_the_autoscaler() {
    let world = World::new()
        .with_running("order", 4)
        .with_refused("order", -20, NO_CPU)
        .with_refused("pay", -10, NO_CPU);
    assert_eq!(world.most(), 3);
    assert_eq!(
        world.said(),
        "False NoRoom: order is held at 3 of 10 replicas until there is room for pod shop-pay-waits (Insufficient cpu)"
    );
    let room = Room::needed(&world.platform, &world.observed);
    assert_eq!(room.next_look(), Some(Duration::from_secs(5)));
}

#[test]
fn replicas_of_the_autoscaler_that_wait_take_nothing() {
    let world = World::new()
        .with_running("order", 4)
        .with_running("pay", 1)
        .with_refused("order", -10, NO_CPU);
    assert_eq!(world.most(), 10);
    assert_eq!(world.said(), "True Ready: the cluster measures the use of CPU");
}

#[test]
fn a_new_version_of_the_scaled_service_itself_gets_room_for_one_pod() {
    let waiting = |updated| {
        World::new()
            .with_running("order", 6)
            .with_refused("order", -10, NO_CPU)
            .with_refused("order", -9, NO_CPU)
            .rolling_out(updated, 8)
    };
    assert_eq!(waiting(2).most(), 5);
    assert_eq!(waiting(8).most(), 10, "it has come");
}

#[test]
fn the_least_replicas_of_an_autoscaler_are_never_taken() {
    let world = World::new()
        .with_running("order", 1)
        .with_refused("pay", -10, NO_CPU);
    assert_eq!(world.most(), 10);
}

#[test]
fn no_second_replica_is_taken_before_the_first_has_made_room() {
    let asked = || World::new().with_refused("pay", -10, NO_CPU);
    let not_taken_yet = asked().with_running("order", 4).with_autoscaler(3, -100);
    assert_eq!(not_taken_yet.most(), 3);
    let ending = asked()
        .with_running("order", 4)
        .with_autoscaler(3, -100)
        .ending("order");
    assert_eq!(ending.most(), 3);
    let just_gone = asked().with_running("order", 3).with_autoscaler(3, -10);
    assert_eq!(just_gone.most(), 3);
    let was_not_enough = asked().with_running("order", 3).with_autoscaler(3, -31);
    assert_eq!(was_not_enough.most(), 2);
}

#[test]
fn the_autoscaler_is_free_again_when_the_pod_has_a_node() {
    let world = World::new()
        .with_running("order", 3)
        .with_running("pay", 1)
        .with_autoscaler(3, -5);
    assert_eq!(world.most(), 10);
}

#[test]
fn room_is_made_for_three_minutes_and_not_for_what_needs_something_else() {
    for (since, message) in [
        (-181, NO_CPU),
        (
            -10,
            "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: }",
        ),
        (
            -10,
            "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims",
        ),
    ] {
        let world = World::new()
            .with_running("order", 4)
            .with_refused("pay", since, message);
        assert_eq!(world.most(), 10, "{message}");
    }
    let full = World::new().with_running("order", 4).with_refused(
        "pay",
        -10,
        "0/1 nodes are available: 1 Too many pods.",
    );
    assert_eq!(full.most(), 3);
}

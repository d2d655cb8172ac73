//! Causes for reasons around the platform: other platforms, networks, nodes, metrics.

use std::sync::Arc;

use fdp_crds::{
    Reachability,
    condition::{AUTOSCALING_READY, MESH_READY, SERVICES_READY},
};
use fdp_operator::model::{apis::MetricsApi, host_claim::HostClaim, observed::Observed, reason::Reason};
use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use serde_json::{Value, json};

use crate::{
    causes::{Cause, cause},
    world::World,
};

/// What is around the platform: other platforms, networks, nodes, metrics.
pub(super) fn around() -> Vec<Cause> {
    let time = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
    let blocked = Reachability {
        service: "order".to_owned(),
        job: "shop-order-reach-1".to_owned(),
        since: Time(time(0)),
        problem: Some("pay at shop-pay:8082 (timed out)".to_owned()),
    };
    let unreachable = World::plain().see(|observed| observed.remembered.reachability = vec![blocked]);
    let host = "shop.example.com".to_owned();
    let claimed = World::up(json!({ "mesh": { "provider": "Istio" }, "gateway": { "hosts": [host] } })).see(
        |observed| {
            observed.created = Some(time(100));
            observed.host_claims = vec![HostClaim {
                platform: "other/shop".to_owned(),
                created: Some(time(0)),
                selector: [("istio".to_owned(), "ingressgateway".to_owned())].into(),
                held: [host.clone()].into(),
                hosts: vec![host.clone()],
            }];
        },
    );
    let unmeasured = World::plain().see(|observed| observed.metrics = MetricsApi::Missing);
    let silent =
        World::plain().see(|observed| observed.metrics = MetricsApi::Unavailable("no endpoints".to_owned()));
    let full = World::plain().see(|observed| {
        observed.now = time(20);
        fill(observed, time(0));
    });
    vec![
        cause(
            Reason::Unreachable,
            SERVICES_READY,
            "False",
            "order cannot reach pay at shop-pay:8082",
            &unreachable,
        ),
        cause(
            Reason::HostTaken,
            MESH_READY,
            "False",
            "the platform other/shop",
            &claimed,
        ),
        cause(
            Reason::MetricsMissing,
            AUTOSCALING_READY,
            "False",
            "install metrics-server",
            &unmeasured,
        ),
        cause(
            Reason::MetricsUnavailable,
            AUTOSCALING_READY,
            "False",
            "no endpoints",
            &silent,
        ),
        cause(
            Reason::NoRoom,
            AUTOSCALING_READY,
            "False",
            "order is held at 3 of 10 replicas",
            &full,
        ),
    ]
}

/// Four replicas of order run, and no node has room for a pod of pay.
fn fill(observed: &mut Observed, since: Timestamp) {
    let pod = |part: &str, name: String, status: Value| -> Arc<Pod> {
        let pod = json!({ "metadata": { "name": name, "labels": { "app.kubernetes.io/name": part } }, "status": status });
        Arc::new(serde_json::from_value(pod).unwrap())
    };
    let runs = json!({ "phase": "Running", "conditions": [{ "type": "PodScheduled", "status": "True" }] });
    observed.pods = (0..4)
        .map(|number| pod("order", format!("shop-order-{number}"), runs.clone()))
        .collect();
    let waits = json!({ "phase": "Pending", "conditions": [{ "type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu.",
        "lastTransitionTime": since.to_string() }] });
    observed.pods.push(pod("pay", "shop-pay-waits".to_owned(), waits));
}

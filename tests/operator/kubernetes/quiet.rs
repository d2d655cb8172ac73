//! Tests that an operator without work sends no requests, and recreates deleted objects at once.

use std::time::{Duration, Instant};

use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;

use fdp_test_operator::{NAMESPACE, Operator, TIMEOUT, World};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_with_nothing_to_do_writes_nothing_and_lists_nothing() {
    let world = World::start().await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    // Its own writes come back through the watches and cause one more reconcile.
    let reconciles = || async { operator.metric("fdp_reconciles_total", "").await.unwrap() };
    let quiet = until_quiet(&operator).await;
    let looks = reconciles().await;
    // A label of another manager causes a reconcile that changes nothing.
    for round in 0..5_u64 {
        let label = json!({ "metadata": { "labels": { "round": round.to_string() } } });
        let deployments = Api::<Deployment>::namespaced(world.client.clone(), NAMESPACE);
        deployments
            .patch("shop-pay", &PatchParams::default(), &Patch::Merge(&label))
            .await
            .unwrap();
        let deadline = Instant::now() + TIMEOUT;
        while reconciles().await < looks + round + 1 {
            assert!(Instant::now() < deadline, "nobody looked");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(all_requests(&operator).await, quiet);
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_deletes_or_takes_over_is_put_back() {
    let world = World::start().await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world.settles("shop", &json!({})).await;
    let deployments = Api::<Deployment>::namespaced(world.client.clone(), NAMESPACE);

    deployments
        .delete("shop-pay", &DeleteParams::background())
        .await
        .unwrap();
    world.settles("shop", &json!({})).await;

    let theirs = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "spec": { "template": { "spec": { "containers": [{ "name": "pay", "image": "elsewhere/pay:1" }] } } },
    });
    let hijack = PatchParams::apply("somebody-else").force();
    deployments
        .patch("shop-pay", &hijack, &Patch::Apply(&theirs))
        .await
        .unwrap();
    world.settles("shop", &json!({})).await;
    operator.stop().await;
}

/// Waits until it has sent no requests for a while; returns the number of requests until then.
async fn until_quiet(operator: &Operator) -> [u64; 6] {
    let mut before = all_requests(operator).await;
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_secs(7) {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = all_requests(operator).await;
        if now != before {
            (before, since) = (now, Instant::now());
        }
    }
    before
}

/// Requests by verb, except for watches, which the API server ends now and then.
async fn all_requests(operator: &Operator) -> [u64; 6] {
    let mut counts = [0; 6];
    for (count, verb) in counts
        .iter_mut()
        .zip(["get", "create", "patch", "update", "delete", "other"])
    {
        *count = operator.requests(verb).await;
    }
    counts
}

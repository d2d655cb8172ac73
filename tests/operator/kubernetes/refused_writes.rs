//! Tests that a write that the API server rejects is retried with increasing delays.

use std::time::Duration;

use fdp_crds::condition;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::ResourceQuota};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::json;

use fdp_test_operator::{NAMESPACE, Operator, World, eventually};

/// How long rejected writes are counted. The delays of the first ten seconds are 1, 2, 4 and 8 s.
const COUNTED: Duration = Duration::from_secs(10);
/// Each of four tries, and one that may fall into the time, creates both generated Secrets. If every status update caused
/// a retry, there would be seven per second.
const FEW: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_secret_is_not_tried_again_because_the_status_says_so() {
    let world = World::start().await;
    let quotas = Api::<ResourceQuota>::namespaced(world.client.clone(), NAMESPACE);
    let no_secrets = serde_json::from_value(json!({
        "metadata": { "name": "q" }, "spec": { "hard": { "secrets": "0" } },
    }));
    quotas
        .create(&PostParams::default(), &no_secrets.unwrap())
        .await
        .unwrap();
    eventually("the quota is counted", async || {
        let status = quotas.get("q").await.unwrap().status.unwrap_or_default();
        status.hard.map(drop).ok_or_else(String::new)
    })
    .await;
    let operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world
        .says(
            "shop",
            condition::READY,
            &[
                "ApplyFailed",
                "Secret shop-postgres",
                "exceeded quota",
                "(StatefulSet shop-postgres and Job shop-setup-",
            ],
        )
        .await;
    let deployments = Api::<Deployment>::namespaced(world.client.clone(), NAMESPACE);
    for (name, reads_a_secret) in [("shop-gateway", false), ("shop-pay", true)] {
        let there = deployments.get_opt(name).await.unwrap().is_some();
        assert_eq!(there, !reads_a_secret, "{name}");
    }
    let counts = async || {
        [
            operator.requests("create").await,
            operator.requests("patch").await,
        ]
    };
    let before = counts().await;
    tokio::time::sleep(COUNTED).await;
    let after = counts().await;
    let [creates, patches] = [after[0] - before[0], after[1] - before[1]];
    println!("refused for {COUNTED:?}: {creates} creates, {patches} patches");
    assert!(
        creates <= FEW && patches <= FEW,
        "{creates} creates, {patches} patches"
    );

    // A change by another user is reconciled without any delay.
    quotas.delete("q", &DeleteParams::default()).await.unwrap();
    let touched = json!({ "metadata": { "labels": { "touched": "now" } } });
    world
        .platforms()
        .patch("shop", &PatchParams::default(), &Patch::Merge(touched))
        .await
        .unwrap();
    world.settles("shop", &json!({})).await;
    operator.stop().await;
}

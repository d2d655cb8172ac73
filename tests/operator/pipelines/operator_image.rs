//! Tests that the operator's own image is set in its Deployment.

use std::fs;

use fdp_test_operator::World;
use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;

use crate::bench::{Bench, image};

/// The operator as `manifests/kustomize/base` installs it, except that its rollouts time out soon.
const DEPLOYMENT: &str = "manifests/kustomize/base/deployment.yaml";

async fn running(bench: &Bench) -> String {
    let deployments = Api::<Deployment>::namespaced(bench.world.client.clone(), "food-delivery-system");
    let deployment = deployments.get("fdp-operator").await.unwrap();
    let pods = deployment.spec.unwrap().template.spec.unwrap();
    pods.containers[0].image.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_image_of_the_operator_is_rolled_out_and_a_bad_one_back() {
    let images = tempfile::tempdir().unwrap();
    let bad = image("bad", images.path());
    let digest = bad.digest.clone();
    let mut bench = Bench::on(World::where_run(move |image| !image.ends_with(&digest)).await).await;
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: fdp-operator, namespace: food-delivery-system}\n";
    bench.kubectl_apply(account).await;
    let deployment = fs::read_to_string(fdp_checkout::root().join(DEPLOYMENT)).unwrap();
    let deployment = deployment.replace("  replicas: 2\n", "  replicas: 2\n  progressDeadlineSeconds: 4\n");
    assert!(deployment.contains("progressDeadlineSeconds"));
    bench.kubectl_apply(&deployment).await;
    bench.make_repository("operator").await;
    // The checkout has one program, which is called like a service; and the operator has its own namespace.
    bench.set("PACKAGE", "order");
    bench.environment.remove("NAMESPACE");

    let good = bench.image("good");
    bench.take(&good);
    bench.build("operator").await.assert_succeeded();
    assert_eq!(running(&bench).await, bench.reference("operator", &good));

    bench.take(&bad);
    bench.set("CODEBUILD_BUILD_NUMBER", "8");
    let build = bench.build("operator").await;
    let words = [
        "Deployment food-delivery-system/fdp-operator does not get ready",
        "ProgressDeadlineExceeded",
        "is back, and",
    ];
    build.assert_failed_in("post_build", &words);
    assert_eq!(running(&bench).await, bench.reference("operator", &good));
}

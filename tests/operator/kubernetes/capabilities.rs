//! Tests that a feature which the cluster lacks is reported, does no harm, and is used as soon as the cluster has it.

use std::time::{Duration, Instant};

use fdp_crds::condition;
use fdp_operator::model::apis::Family;
use fdp_programs::{definitions, read};
use kube::{Api, api::ListParams, core::DynamicObject};
use serde_json::json;

use fdp_test_operator::{NAMESPACE, Operator, World};

/// The timeout for using a new feature.
const HEALS: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_comes_is_used_within_half_a_minute_and_one_that_goes_is_not_missed() {
    let world = World::start().await;
    let operator = Operator::start(world.plane.kubeconfig());
    let spec = json!({
        "kafka": { "provider": "Strimzi" },
        "mesh": { "provider": "Istio" },
        "logging": { "provider": "ECK" },
        "monitoring": { "provider": "PrometheusOperator" },
    });
    world.apply("shop", &spec).await;
    for (type_, program) in [
        (condition::KAFKA_READY, "Strimzi"),
        (condition::MESH_READY, "Istio"),
        (condition::LOGGING_READY, "ECK"),
        (condition::MONITORING_READY, "prometheus-operator"),
    ] {
        world
            .says("shop", type_, &["False ApiMissing", program, "install"])
            .await;
    }
    let deployments = world.made_for("shop").await;
    assert!(
        deployments.contains("Deployment shop-order"),
        "the platform itself is made all the same: {deployments:?}"
    );

    for (family, ours) in [
        (fdp_programs::Family::Strimzi, Family::Strimzi),
        (fdp_programs::Family::Istio, Family::Istio),
        (fdp_programs::Family::Elastic, Family::Eck),
        (
            fdp_programs::Family::PrometheusOperator,
            Family::PrometheusOperator,
        ),
    ] {
        let kinds = read(&definitions(family).unwrap()).unwrap();
        let came = Instant::now();
        world.plane.install(&kinds).await.unwrap();
        let kind = ours.kinds().remove(0);
        let api = Api::<DynamicObject>::namespaced_with(world.client.clone(), NAMESPACE, &kind);
        while api.list(&ListParams::default()).await.unwrap().items.is_empty() {
            assert!(came.elapsed() < HEALS, "no {} was made", kind.kind);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!("{ours}: used {:.1} s after it came", came.elapsed().as_secs_f64());
    }
    // There is no sidecar injector here, which is reported too.
    world
        .says("shop", condition::MESH_READY, &["without a sidecar"])
        .await;
    operator.stop().await;
}

//! Tests ECK, the real Elastic operator, with the Elasticsearch and the Kibana resources that our operator creates.

use std::collections::BTreeSet;

use fdp_crds::{condition, foreign::eck};
use fdp_programs::Family;
use fdp_test_operator::{NAMESPACE, Operator, World, eventually};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Event, Secret, Service},
    policy::v1::PodDisruptionBudget,
};
use kube::{
    Api, ResourceExt as _,
    api::{ListParams, Patch, PatchParams},
    core::ApiResource,
};
use serde_json::{Value, json};

use crate::{kstatus::judged, program::Program, stillness::Stillness};

/// The objects that ECK creates for both resources before any of their pods is running.
const MADE: [&str; 8] = [
    "StatefulSet shop-elasticsearch-es-default",
    "Service shop-elasticsearch-es-http",
    "Service shop-elasticsearch-es-transport",
    "Service shop-kibana-kb-http",
    "PodDisruptionBudget shop-elasticsearch-es-default",
    // The Secrets with which Fluentd and the setup sign in and verify certificates; their names and keys are defined
    // by ECK alone.
    "Secret shop-elasticsearch-es-elastic-user: elastic",
    "Secret shop-elasticsearch-es-http-certs-public: ca.crt",
    "Secret shop-kibana-kb-http-certs-public: ca.crt",
];
const ROUNDS: usize = 3;

/// A world with ECK, in which no pods of Elastic's programs become ready.
async fn world() -> (World, Program, Operator) {
    let world = World::where_run(|image| !image.starts_with("docker.elastic.co/")).await;
    world.install(Family::Elastic).await;
    let eck = Program::start(
        world.plane.kubeconfig(),
        "elastic-operator",
        &[
            "manager",
            "--operator-namespace=operators",
            &format!("--namespaces={NAMESPACE}"),
            "--enable-leader-election=false",
            "--metrics-port=0",
            "--disable-telemetry",
            "--disable-config-watch",
        ],
    );
    let operator = Operator::start(world.plane.kubeconfig());
    (world, eck, operator)
}

fn platform(version: &str) -> Value {
    json!({ "logging": { "provider": "ECK", "elasticsearch": { "version": version } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn eck_takes_what_the_operator_makes_and_neither_undoes_what_the_other_does() {
    let (world, mut eck, operator) = world().await;
    let changes = Stillness::watch(&world, &eck::kinds());
    world.apply("shop", &platform("8.19.4")).await;

    eventually("ECK makes its part", async || {
        let made = made(&world).await;
        let missing: Vec<_> = MADE.iter().filter(|name| !made.contains(**name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("missing {missing:?} of {made:#?}\n{}", eck.log()))
    })
    .await;
    let elasticsearch = eventually("ECK says how Elasticsearch is", async || {
        let status = status(&world, "Elasticsearch", "shop-elasticsearch").await;
        if status["phase"].is_string() && status["health"].is_string() {
            Ok(status)
        } else {
            Err(format!("{status}\n{}", eck.log()))
        }
    })
    .await;
    assert_ne!(elasticsearch["phase"], "Invalid");
    assert_eq!(complaints(&world).await, Vec::<String>::new());

    let before = changes.comes().await;
    said_as_it_is(&world).await;

    // After a label of another manager, both operators reconcile, and neither finds anything to change.
    let (reconciles, patches) = (looks(&operator).await, operator.requests("patch").await);
    let runs = eck.log().matches("Starting reconciliation run").count();
    for round in 0..ROUNDS {
        for (kind, name) in [("Elasticsearch", "shop-elasticsearch"), ("Kibana", "shop-kibana")] {
            let label = json!({ "metadata": { "labels": { "round": round.to_string() } } });
            world
                .dynamic(&kind_of(kind))
                .patch(name, &PatchParams::default(), &Patch::Merge(&label))
                .await
                .unwrap();
        }
    }
    assert_eq!(
        changes.comes().await,
        before + 2 * ROUNDS,
        "only those of the labels"
    );
    assert_eq!(
        operator.requests("patch").await,
        patches,
        "our operator wrote something"
    );
    assert!(looks(&operator).await > reconciles, "our operator reconciled");
    assert!(
        eck.log().matches("Starting reconciliation run").count() > runs,
        "ECK looked"
    );
    eck.still_runs();
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_eck_refuses_is_said_with_the_way_to_its_reason_until_it_is_put_right() {
    let (world, mut eck, operator) = world().await;
    world.apply("shop", &platform("1.2.3")).await;
    let said = world
        .says(
            "shop",
            condition::LOGGING_READY,
            &["False Failed", "ECK refuses it as invalid"],
        )
        .await;
    world
        .says("shop", condition::STALLED, &["True PartFailed", "ECK refuses it"])
        .await;
    let refused = world.platforms().get("shop").await.unwrap();
    let verdicts = judged(&[serde_json::to_value(&refused).unwrap()]);
    assert_eq!(verdicts, ["Failed"], "of those who wait for the platform");

    // The command in the message shows what ECK reports.
    let way = "kubectl describe elasticsearch shop-elasticsearch";
    assert!(said.contains(way), "{said}");
    eventually("kubectl shows ECK's reason", async || {
        let mut kubectl = world.plane.kubectl();
        kubectl
            .args(way.split(' ').skip(1))
            .args(["--namespace", NAMESPACE]);
        let shown = kubectl.output().unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        if shown.contains("spec.version: Invalid value: \"1.2.3\": Unsupported version") {
            Ok(())
        } else {
            Err(format!("{shown}\n{}", eck.log()))
        }
    })
    .await;

    world.apply("shop", &platform("8.19.4")).await;
    world
        .says("shop", condition::STALLED, &["False NotStalled"])
        .await;
    said_as_it_is(&world).await;
    eck.still_runs();
    operator.stop().await;
}

/// Waits until our condition contains what ECK reports about Elasticsearch and Kibana.
async fn said_as_it_is(world: &World) {
    eventually("LoggingReady says what ECK reports", async || {
        let elasticsearch = status(world, "Elasticsearch", "shop-elasticsearch").await;
        let kibana = status(world, "Kibana", "shop-kibana").await;
        let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
        let expected = format!(
            "Elasticsearch shop-elasticsearch: phase {}, health {}",
            text(&elasticsearch["phase"]),
            text(&elasticsearch["health"])
        );
        let said = world.condition("shop", condition::LOGGING_READY).await;
        if said.starts_with("False Waiting: ")
            && said.contains(&expected)
            && said.contains("Kibana shop-kibana")
        {
            return Ok(());
        }
        Err(format!(
            "{said}, where ECK says {elasticsearch} of Elasticsearch and {kibana} of Kibana"
        ))
    })
    .await;
}

/// Kind and name of all objects in the namespace; Secrets with each of their keys.
async fn made(world: &World) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for kind in [
        ApiResource::erase::<StatefulSet>(&()),
        ApiResource::erase::<Service>(&()),
        ApiResource::erase::<PodDisruptionBudget>(&()),
    ] {
        let all = world.dynamic(&kind).list(&ListParams::default()).await.unwrap();
        made.extend(
            all.iter()
                .map(|object| format!("{} {}", kind.kind, object.name_any())),
        );
    }
    let secrets = Api::<Secret>::namespaced(world.client.clone(), NAMESPACE);
    for secret in secrets.list(&ListParams::default()).await.unwrap() {
        let name = secret.name_any();
        let keys = secret.data.unwrap_or_default();
        made.extend(keys.keys().map(|key| format!("Secret {name}: {key}")));
    }
    made
}

fn kind_of(kind: &str) -> ApiResource {
    eck::kinds()
        .into_iter()
        .find(|resource| resource.kind == kind)
        .unwrap()
}

async fn status(world: &World, kind: &str, name: &str) -> Value {
    let object = world.dynamic(&kind_of(kind)).get_opt(name).await.unwrap();
    object.map_or(Value::Null, |object| object.data["status"].clone())
}

/// The problems that ECK reports about either resource.
async fn complaints(world: &World) -> Vec<String> {
    let events = Api::<Event>::namespaced(world.client.clone(), NAMESPACE);
    let events = events.list(&ListParams::default()).await.unwrap();
    let of_eck = |event: &Event| {
        eck::kinds()
            .iter()
            .any(|kind| event.involved_object.kind.as_deref() == Some(&kind.kind))
    };
    events
        .items
        .into_iter()
        .filter(|event| of_eck(event) && event.reason.as_deref() == Some("Validation"))
        .map(|event| event.message.unwrap_or_default())
        .collect()
}

async fn looks(operator: &Operator) -> u64 {
    operator.metric("fdp_reconciles_total", "").await.unwrap()
}

//! Tests the real prometheus-operator with the monitors and rules that our operator creates.

use std::{collections::BTreeSet, fs, io::Read as _, process::Command};

use fdp_crds::{condition, foreign::prometheus};
use fdp_programs::Family;
use fdp_test_operator::{NAMESPACE, Operator, World, eventually};
use flate2::read::GzDecoder;
use k8s_openapi::api::core::v1::{ConfigMap, Event, Secret};
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};

use crate::{program::Program, stillness::Stillness};

const PROMETHEUS: &str = include_str!("prometheus.yaml");
/// The jobs that it has to create for our monitors, each of which has one endpoint.
const JOBS: [&str; 2] = [
    "podMonitor/food/shop-gateway/0",
    "serviceMonitor/food/shop-services/0",
];

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_operator_takes_monitors_and_alerts_and_what_it_refuses_is_said() {
    let world = World::start().await;
    world.install(Family::PrometheusOperator).await;
    let mut theirs = Program::start(
        world.plane.kubeconfig(),
        "prometheus-operator",
        &[
            "--web.listen-address=127.0.0.1:0",
            &format!("--namespaces={NAMESPACE}"),
            "--feature-gates=StatusForConfigurationResources=true",
        ],
    );
    let prometheus: Value = serde_saphyr::from_str(PROMETHEUS).unwrap();
    world
        .dynamic(&prometheus_kind())
        .patch(
            "cluster",
            &PatchParams::apply("somebody"),
            &Patch::Apply(&prometheus),
        )
        .await
        .unwrap();
    let changes = Stillness::watch(&world, &prometheus::kinds());
    let operator = Operator::start(world.plane.kubeconfig());
    let spec =
        json!({ "monitoring": { "provider": "PrometheusOperator", "labels": { "release": "cluster" } } });
    world.apply("shop", &spec).await;

    let configuration = eventually("Prometheus is configured to read our metrics", async || {
        let configuration = configuration(&world).await;
        let jobs = jobs(&configuration);
        if JOBS.iter().all(|job| jobs.contains(*job)) {
            Ok(configuration)
        } else {
            Err(format!("{jobs:?}\n{}", theirs.log()))
        }
    })
    .await;
    judged_by_promtool(&configuration);
    let ours = alerts(&object(&world, "PrometheusRule", "shop-alerts").await["spec"]);
    assert!(ours.len() > 3, "{ours:?}");
    eventually("Prometheus is configured with our alerts", async || {
        let told = told_alerts(&world).await;
        if told == ours {
            Ok(())
        } else {
            Err(format!("{told:?}\n{}", theirs.log()))
        }
    })
    .await;
    eventually("the ServiceMonitor is accepted", async || {
        let accepted = accepted(&world).await;
        if accepted.starts_with("True") {
            Ok(())
        } else {
            Err(accepted)
        }
    })
    .await;
    world
        .says(
            "shop",
            condition::MONITORING_READY,
            &["True Ready: metrics are read"],
        )
        .await;
    changes.comes().await;
    assert_eq!(warnings(&world).await, Vec::<String>::new());

    // A field that our operator leaves to others, with a value that Prometheus cannot use.
    scrape_class(&world, json!("nobody-knows")).await;
    let said = world
        .says(
            "shop",
            condition::MONITORING_READY,
            &["False Failed", "ServiceMonitor shop-services"],
        )
        .await;
    assert!(
        said.contains("Prometheus food/cluster") && said.contains("\"nobody-knows\" not found"),
        "the reason is prometheus-operator's: {said}"
    );
    scrape_class(&world, Value::Null).await;
    world
        .says("shop", condition::MONITORING_READY, &["True Ready"])
        .await;

    // It must be deleted while the operator that removes its finalizer is running.
    let resources = world.dynamic(&prometheus_kind());
    resources
        .delete("cluster", &DeleteParams::default())
        .await
        .unwrap();
    eventually("the Prometheus is gone", async || {
        match resources.get_opt("cluster").await.unwrap() {
            None => Ok(()),
            Some(left) => Err(format!("{:?}\n{}", left.metadata.finalizers, theirs.log())),
        }
    })
    .await;
    theirs.still_runs();
    operator.stop().await;
}

fn prometheus_kind() -> ApiResource {
    ApiResource::from_gvk_with_plural(
        &GroupVersionKind::gvk("monitoring.coreos.com", "v1", "Prometheus"),
        "prometheuses",
    )
}

/// An object of ours for prometheus-operator.
async fn object(world: &World, kind: &str, name: &str) -> Value {
    let kind = prometheus::kinds()
        .into_iter()
        .find(|resource| resource.kind == kind)
        .unwrap();
    let object = world.dynamic(&kind).get(name).await.unwrap();
    serde_json::to_value(object).unwrap()
}

/// The configuration of the Prometheus; empty while there is none.
async fn configuration(world: &World) -> String {
    let secrets = Api::<Secret>::namespaced(world.client.clone(), NAMESPACE);
    let secret = secrets.get_opt("prometheus-cluster").await.unwrap();
    let packed = secret
        .and_then(|secret| secret.data?.remove("prometheus.yaml.gz"))
        .unwrap_or_default();
    let mut text = String::new();
    if !packed.0.is_empty() {
        GzDecoder::new(packed.0.as_slice())
            .read_to_string(&mut text)
            .unwrap();
    }
    text
}

fn jobs(configuration: &str) -> BTreeSet<String> {
    let configuration: Value = serde_saphyr::from_str(configuration).unwrap_or_default();
    let jobs = configuration["scrape_configs"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    jobs.iter()
        .map(|job| job["job_name"].as_str().unwrap().to_owned())
        .collect()
}

/// The names of the alerts in groups of rules.
fn alerts(rules: &Value) -> BTreeSet<String> {
    let groups = rules["groups"].as_array().cloned().unwrap_or_default();
    groups
        .iter()
        .flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default())
        .filter_map(|rule| rule["alert"].as_str().map(str::to_owned))
        .collect()
}

/// The alerts in the Prometheus' configuration.
async fn told_alerts(world: &World) -> BTreeSet<String> {
    let files = Api::<ConfigMap>::namespaced(world.client.clone(), NAMESPACE);
    let files = files.get_opt("prometheus-cluster-rulefiles-0").await.unwrap();
    let files = files.and_then(|files| files.data).unwrap_or_default();
    files
        .values()
        .flat_map(|file| alerts(&serde_saphyr::from_str(file).unwrap()))
        .collect()
}

/// What prometheus-operator reports about the current `ServiceMonitor`. This version reports nothing about the other
/// kinds.
async fn accepted(world: &World) -> String {
    let monitor = object(world, "ServiceMonitor", "shop-services").await;
    let generation = &monitor["metadata"]["generation"];
    let bindings = monitor["status"]["bindings"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    bindings
        .iter()
        .filter(|binding| binding["name"] == "cluster")
        .flat_map(|binding| binding["conditions"].as_array().cloned().unwrap_or_default())
        .find(|condition| condition["type"] == "Accepted" && condition["observedGeneration"] == *generation)
        .map(|condition| {
            format!(
                "{} {}",
                condition["status"].as_str().unwrap(),
                condition["message"]
            )
        })
        .unwrap_or_default()
}

async fn scrape_class(world: &World, class: Value) {
    let kind = prometheus::kinds()
        .into_iter()
        .find(|resource| resource.kind == "ServiceMonitor")
        .unwrap();
    world
        .dynamic(&kind)
        .patch(
            "shop-services",
            &PatchParams::default(),
            &Patch::Merge(&json!({ "spec": { "scrapeClass": class } })),
        )
        .await
        .unwrap();
}

/// All warning events about our objects for prometheus-operator.
async fn warnings(world: &World) -> Vec<String> {
    let ours: Vec<String> = prometheus::kinds().into_iter().map(|kind| kind.kind).collect();
    let events = Api::<Event>::namespaced(world.client.clone(), NAMESPACE);
    let events = events.list(&ListParams::default()).await.unwrap();
    events
        .items
        .into_iter()
        .filter(|event| event.type_.as_deref() == Some("Warning"))
        .filter(|event| {
            ours.iter()
                .any(|kind| event.involved_object.kind.as_ref() == Some(kind))
        })
        .map(|event| event.message.unwrap_or_default())
        .collect()
}

/// The files that a configuration refers to exist only where Prometheus runs.
fn judged_by_promtool(configuration: &str) {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    fs::write(file.path(), configuration).unwrap();
    let output = Command::new(fdp_programs::program("promtool").unwrap())
        .args(["check", "config", "--syntax-only"])
        .arg(file.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

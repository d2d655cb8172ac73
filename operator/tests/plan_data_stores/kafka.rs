//! Tests the brokers that the operator runs, and the web page that shows their contents.

use fdp_operator::model::health::Health;
use serde_json::json;

use crate::{empty_cluster, environment, find, get, names, planned, platform};

const THREE: &str = "three brokers";

fn properties(spec: &serde_json::Value) -> String {
    let config = get(&planned(spec), "ConfigMap", "shop-kafka");
    config["data"]["server.properties"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn one_broker_is_what_it_is_without_being_asked_for() {
    let (unset, one) = (
        planned(&json!({})),
        planned(&json!({ "kafka": { "brokers": 1 } })),
    );
    for (kind, name) in [
        ("ConfigMap", "shop-kafka"),
        ("StatefulSet", "shop-kafka"),
        ("NetworkPolicy", "shop-kafka"),
    ] {
        assert_eq!(find(&unset, kind, name), find(&one, kind, name));
        assert!(find(&one, kind, name).is_some());
    }
    assert_eq!(
        find(&one, "PodDisruptionBudget", "shop-kafka"),
        None,
        "a drain must not wait for it"
    );
    let text = properties(&json!({}));
    assert!(text.contains("node.id=0\n") && !text.contains("${env"), "{text}");
}

#[test]
fn three_brokers_keep_every_message_three_times_and_survive_a_loss() {
    let text = properties(&json!({ "kafka": { "brokers": 3 } }));
    for line in [
        "node.id=${env:KAFKA_NODE_ID}",
        "controller.quorum.voters=0@shop-kafka-0.shop-kafka-headless.food.svc:9093,1@shop-kafka-1.shop-kafka-headless.food.svc:9093,2@shop-kafka-2.shop-kafka-headless.food.svc:9093",
        "listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
        "advertised.listeners=PLAINTEXT://${env:POD_NAME}.shop-kafka-headless.food.svc:9092,CONTROLLER://${env:POD_NAME}.shop-kafka-headless.food.svc:9093",
        "config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        "default.replication.factor=3",
        "min.insync.replicas=2",
        "offsets.topic.replication.factor=3",
        "transaction.state.log.replication.factor=3",
        "transaction.state.log.min.isr=2",
    ] {
        assert!(
            text.lines().any(|known| known == line),
            "{line} is missing: {text}"
        );
    }
    let plan = planned(&json!({ "kafka": { "brokers": 3 } }));
    let setup = names(&plan, |key| key.starts_with("Job shop-setup"));
    let job = get(&plan, "Job", setup[0].trim_start_matches("Job "));
    let replication = ("TOPIC_REPLICATION".to_owned(), "3".to_owned());
    assert!(environment(&job, 0).contains(&replication), "{job}");
}

#[test]
fn each_of_three_brokers_learns_its_number_from_its_pod() {
    let set = get(
        &planned(&json!({ "kafka": { "brokers": 3 } })),
        "StatefulSet",
        "shop-kafka",
    );
    assert_eq!(set["spec"]["replicas"], 3, "{THREE}");
    assert_eq!(set["spec"]["podManagementPolicy"], "Parallel");
    let pod = &set["spec"]["template"]["spec"];
    for container in [&pod["containers"][0], &pod["initContainers"][0]] {
        assert_eq!(container["command"], json!(["java"]), "no shell is needed");
        assert_eq!(
            container["env"][0],
            json!({ "name": "KAFKA_NODE_ID", "valueFrom": { "fieldRef": {
                "apiVersion": "v1", "fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']" } } })
        );
    }
    assert_eq!(
        pod["topologySpreadConstraints"][0]["topologyKey"],
        "kubernetes.io/hostname"
    );
}

#[test]
fn a_broker_of_three_counts_as_ready_only_once_it_is_in_sync() {
    let plan = planned(&json!({ "kafka": { "brokers": 3 } }));
    let set = get(&plan, "StatefulSet", "shop-kafka");
    let sidecar = &set["spec"]["template"]["spec"]["containers"][1];
    assert_eq!(sidecar["args"], json!(["in-sync"]));
    assert_eq!(sidecar["readinessProbe"]["httpGet"]["path"], "/readyz");
    let own = ("KAFKA_BROKERS".to_owned(), "localhost:9092".to_owned());
    assert!(
        environment(&set, 1).contains(&own),
        "it asks its own broker: {sidecar}"
    );
    let budget = get(&plan, "PodDisruptionBudget", "shop-kafka");
    assert_eq!(budget["spec"]["maxUnavailable"], 1);
}

#[test]
fn brokers_talk_to_each_other_and_to_nobody_else() {
    let policy = get(
        &planned(&json!({ "kafka": { "brokers": 3 } })),
        "NetworkPolicy",
        "shop-kafka",
    );
    let own = json!([{ "podSelector": { "matchLabels": {
        "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "kafka" } } }]);
    let both = json!([{ "port": 9092, "protocol": "TCP" }, { "port": 9093, "protocol": "TCP" }]);
    assert_eq!(policy["spec"]["egress"], json!([{ "ports": both, "to": own }]));
    assert_eq!(
        policy["spec"]["ingress"][1],
        json!({ "ports": both, "from": own })
    );
}

#[test]
fn the_page_is_not_there_unless_it_is_asked_for() {
    assert_eq!(
        names(&planned(&json!({})), |key| key.contains("kafka-ui")),
        Vec::<String>::new()
    );
}

#[test]
fn the_page_shows_everything_changes_nothing_and_is_open_to_nobody() {
    let plan = planned(&json!({ "kafka": { "ui": { "enabled": true } } }));
    let page = get(&plan, "Deployment", "shop-kafka-ui");
    for (name, value) in [
        ("KAFKA_CLUSTERS_0_NAME", "shop"),
        ("KAFKA_BROKERS", "shop-kafka:9092"),
        ("KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS", "$(KAFKA_BROKERS)"),
        ("KAFKA_CLUSTERS_0_READONLY", "true"),
        ("DYNAMIC_CONFIG_ENABLED", "false"),
    ] {
        assert!(
            environment(&page, 0).contains(&(name.to_owned(), value.to_owned())),
            "{name}: {page}"
        );
    }
    let pod = &page["spec"]["template"]["spec"];
    assert_eq!(
        pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"],
        true
    );
    assert_eq!(pod["serviceAccountName"], "shop-kafka-ui");
    let service = get(&plan, "Service", "shop-kafka-ui");
    assert_eq!(service["spec"]["type"], "ClusterIP");
    let policy = get(&plan, "NetworkPolicy", "shop-kafka-ui");
    assert_eq!(policy["spec"]["policyTypes"], json!(["Egress"]));
    let brokers = get(&plan, "NetworkPolicy", "shop-kafka").to_string();
    assert!(brokers.contains("\"kafka-ui\""), "Kafka lets it in: {brokers}");
}

#[test]
fn a_page_that_is_not_up_yet_is_named() {
    let platform = platform(&json!({ "kafka": { "ui": { "enabled": true } } }));
    let health = fdp_operator::components::kafka::health(&platform, &empty_cluster());
    let page = Health::Waiting("Deployment shop-kafka-ui: not created yet".to_owned());
    assert!(health.contains(&page), "{health:?}");
}

//! Tests Kafka that Strimzi runs, and an external Kafka.

use fdp_catalogue::{Service, topic, variables};
use fdp_operator::{
    components::kafka,
    model::{apis::Family, health::Health},
    plan::plan,
};
use serde_json::{Value, json};

use crate::{
    cluster_without, empty_cluster, environment, find, get, goes_with_the_platform, names, planned, platform,
    there, variable,
};

fn strimzi() -> Value {
    json!({ "kafka": { "provider": "Strimzi", "brokers": 3, "storage": { "size": "20Gi", "storageClass": "fast" } } })
}

fn external() -> Value {
    json!({ "kafka": { "provider": "External", "secretRef": { "name": "msk" }, "ui": { "enabled": true } } })
}

#[test]
fn strimzi_is_asked_for_brokers_that_are_controllers_too() {
    let plan = planned(&strimzi());
    let pool = names(&plan, |key| key.starts_with("KafkaNodePool"));
    let pool = get(
        &plan,
        "KafkaNodePool",
        pool[0].trim_start_matches("KafkaNodePool "),
    );
    assert_eq!(pool["metadata"]["labels"]["strimzi.io/cluster"], "shop-kafka");
    assert_eq!(
        pool["spec"],
        json!({ "replicas": 3, "roles": ["controller", "broker"], "storage": { "type": "jbod", "volumes": [{
            "id": 0, "type": "persistent-claim", "size": "20Gi", "class": "fast", "deleteClaim": false,
            "kraftMetadata": "shared" }] } })
    );
    let cluster = get(&plan, "Kafka", "shop-kafka");
    assert_eq!(
        cluster["spec"]["kafka"]["listeners"],
        json!([{ "name": "plain", "port": 9092, "type": "internal", "tls": false }])
    );
    assert_eq!(cluster["spec"]["kafka"]["config"]["min.insync.replicas"], "2");
    assert_eq!(cluster["spec"]["entityOperator"]["topicOperator"], json!({}));
    assert_eq!(
        find(&plan, "StatefulSet", "shop-kafka"),
        None,
        "nothing of it is ours"
    );
    assert_eq!(find(&plan, "NetworkPolicy", "shop-kafka"), None);
}

#[test]
fn a_broker_of_strimzi_has_a_valid_name_for_any_name_of_a_platform() {
    let plan = planned(&strimzi());
    let pool = names(&plan, |key| key.starts_with("KafkaNodePool"));
    let pool = pool[0].trim_start_matches("KafkaNodePool ");
    let longest = format!("{}-kafka-{pool}-0", "x".repeat(40));
    assert!(longest.len() <= 63, "{longest}");
}

#[test]
fn strimzis_pods_do_not_fall_under_the_platforms_network_policies() {
    let cluster = get(&planned(&strimzi()), "Kafka", "shop-kafka");
    for pod in [
        "/spec/kafka/template/pod/metadata/labels",
        "/spec/entityOperator/template/pod/metadata/labels",
    ] {
        assert_eq!(
            cluster.pointer(pod).unwrap()["fooddelivery.dev/platform"],
            "",
            "{pod}"
        );
    }
}

#[test]
fn strimzi_and_the_setup_agree_on_every_topic() {
    let plan = planned(&strimzi());
    let made: Vec<Value> = plan
        .objects
        .iter()
        .filter(|planned| planned.resource.kind == "KafkaTopic")
        .map(|planned| planned.object.data["spec"].clone())
        .collect();
    let mut topics: Vec<String> = made
        .iter()
        .map(|spec| spec["topicName"].as_str().unwrap().to_owned())
        .collect();
    topics.sort();
    let mut known = topic::all();
    known.sort();
    assert_eq!(topics, known);
    for spec in made {
        let name = spec["topicName"].as_str().unwrap();
        let letters = name.contains("dead-letter");
        assert_eq!(spec["partitions"], if letters { 1 } else { 4 });
        assert_eq!(spec["replicas"], 3);
        let config = match name {
            "fooddelivery.menu" => json!({ "cleanup.policy": "compact" }),
            _ if letters => json!({ "retention.ms": "2592000000" }),
            _ => Value::Null,
        };
        assert_eq!(spec["config"], config);
    }
}

#[test]
fn services_reach_strimzis_brokers_and_no_other_pod_outside() {
    let plan = planned(&strimzi());
    let pay = get(&plan, "Deployment", "shop-pay");
    assert_eq!(
        variable(&pay, "KAFKA_BROKERS").unwrap(),
        "shop-kafka-kafka-bootstrap:9092"
    );
    let policy = get(&plan, "NetworkPolicy", "shop-pay");
    let way_out = json!({ "ports": [{ "port": 9092, "protocol": "TCP" }],
        "to": [{ "podSelector": { "matchLabels": { "strimzi.io/cluster": "shop-kafka" } } }] });
    assert!(
        policy["spec"]["egress"].as_array().unwrap().contains(&way_out),
        "{policy}"
    );
}

#[test]
fn messages_stay_or_go_with_the_platform_as_its_deletion_policy_says() {
    let mut spec = strimzi();
    assert!(!goes_with_the_platform(&get(
        &planned(&spec),
        "Kafka",
        "shop-kafka"
    )));
    spec["deletionPolicy"] = json!("Delete");
    let plan = planned(&spec);
    assert!(goes_with_the_platform(&get(&plan, "Kafka", "shop-kafka")));
    assert!(goes_with_the_platform(&get(
        &plan,
        "KafkaTopic",
        "shop-fooddelivery.order"
    )));
}

#[test]
fn without_strimzi_nothing_is_asked_of_it_and_the_cure_is_named() {
    let platform = platform(&strimzi());
    let without = cluster_without(Family::Strimzi);
    let plan = plan(&platform, &without);
    assert_eq!(names(&plan, |key| key.starts_with("Kafka")), Vec::<String>::new());
    let health = kafka::health(&platform, &without);
    let Health::Absent(message) = &health[0] else {
        unreachable!("{health:?}");
    };
    assert!(
        message.contains("install Strimzi, or change kafka.provider"),
        "{message}"
    );
}

#[test]
fn what_strimzi_says_becomes_what_we_say() {
    let platform = platform(&strimzi());
    let plan = planned(&strimzi());
    let said = |status: Value| {
        let mut observed = empty_cluster();
        there(&mut observed, &plan, "Kafka", "shop-kafka", status);
        kafka::health(&platform, &observed).remove(0)
    };
    let condition = |type_: &str, reason: &str| json!([{ "type": type_, "status": "True", "reason": reason, "message": "no such class" }]);
    assert_eq!(
        said(json!({ "observedGeneration": 1, "conditions": condition("Ready", "") })),
        Health::Waiting("Kafka shop-kafka: Strimzi has not seen the last change yet".to_owned())
    );
    assert_eq!(
        said(json!({ "observedGeneration": 2, "conditions": condition("NotReady", "FatalProblem") })),
        Health::Waiting("Kafka shop-kafka: FatalProblem: no such class".to_owned())
    );
    assert_eq!(
        said(
            json!({ "observedGeneration": 2, "conditions": condition("NotReady", "InvalidResourceException") })
        ),
        Health::Failed("Kafka shop-kafka: InvalidResourceException: no such class".to_owned())
    );
    assert!(
        said(json!({}))
            .message()
            .unwrap()
            .contains("see whether its operator runs")
    );
    assert_eq!(
        said(json!({ "observedGeneration": 2, "conditions": condition("Ready", "") })),
        Health::Waiting("KafkaTopic shop-fooddelivery.order: not created yet".to_owned()),
        "the brokers are up, and the topics come next"
    );
}

#[test]
fn the_secret_of_an_external_kafka_may_have_credentials_or_none() {
    let plan = planned(&external());
    let pay = environment(&get(&plan, "Deployment", "shop-pay"), 0);
    for (name, value) in [
        ("KAFKA_BROKERS", "msk/brokers"),
        ("KAFKA_SECURITY_PROTOCOL", "msk/securityProtocol?"),
        ("KAFKA_SASL_MECHANISM", "msk/saslMechanism?"),
        ("KAFKA_USERNAME", "msk/username?"),
        ("KAFKA_PASSWORD", "msk/password?"),
        ("KAFKA_CA", "msk/ca.crt?"),
        ("KAFKA_PREFIX", "food.shop."),
    ] {
        assert!(
            pay.contains(&(name.to_owned(), value.to_owned())),
            "{name}: {pay:?}"
        );
    }
    let setup = names(&plan, |key| key.starts_with("Job shop-setup"));
    let job = environment(&get(&plan, "Job", setup[0].trim_start_matches("Job ")), 0);
    assert!(
        job.contains(&("TOPIC_REPLICATION".to_owned(), "-1".to_owned())),
        "{job:?}"
    );
    assert!(
        job.contains(&("KAFKA_PASSWORD".to_owned(), "msk/password?".to_owned())),
        "{job:?}"
    );
    let owner = ("OWNER".to_owned(), "food/shop".to_owned());
    assert!(job.contains(&owner), "{job:?}");
    let policy = get(&plan, "NetworkPolicy", "shop-pay");
    assert_eq!(
        policy["spec"]["egress"],
        json!([{}]),
        "only the Secret knows where it is"
    );
}

#[test]
fn the_page_signs_in_at_an_external_kafka_too() {
    let page = environment(&get(&planned(&external()), "Deployment", "shop-kafka-ui"), 0);
    let position = |name: &str| page.iter().position(|(known, _)| known == name).unwrap();
    let jaas = position("KAFKA_CLUSTERS_0_PROPERTIES_SASL_JAAS_CONFIG");
    assert!(
        page[jaas]
            .1
            .contains("username=\"$(KAFKA_USERNAME)\" password=\"$(KAFKA_PASSWORD)\""),
        "{page:?}"
    );
    assert!(
        position("KAFKA_PASSWORD") < jaas,
        "a variable can only name those before it"
    );
    let certificates = position("KAFKA_CLUSTERS_0_PROPERTIES_SSL_TRUSTSTORE_CERTIFICATES");
    assert_eq!(page[certificates].1, "msk/ca.crt?");
}

#[test]
fn nobody_can_replace_the_variables_that_say_how_to_sign_in() {
    let names = variables::names(Service::Pay);
    for name in [
        "KAFKA_SECURITY_PROTOCOL",
        "KAFKA_PASSWORD",
        "KAFKA_CA",
        "DATABASE_HOST",
        "PGSSLMODE",
    ] {
        assert!(names.contains(&name.to_owned()), "{name}");
    }
}

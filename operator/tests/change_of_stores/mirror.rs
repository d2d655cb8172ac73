//! Tests that customers are kept out until everything in Kafka is read, that its topics are copied while no pod uses them, and that
//! the services wait for it.

use fdp_crds::{ChangePhase, condition};
use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, Never, Step, platform},
    said,
};

const WORD: &str = "kafka=External/aurora";
const COPY: &str = "kafka=External/aurora:copy";

fn external() -> Value {
    json!({
        "kafka": { "provider": "External", "secretRef": { "name": "aurora" } },
        "extensions": [{ "name": "coupons", "image": "coupons:1", "port": 8090, "subscribes": ["order"] }],
    })
}

fn managed() -> Value {
    json!({ "extensions": external()["extensions"] })
}

fn phase(cluster: &Cluster) -> Option<ChangePhase> {
    let kafka = cluster.observed.remembered.stores.kafka.as_ref().unwrap();
    kafka.change.as_ref().map(|change| change.phase)
}

/// Whether the services run with the new Kafka, and nothing of the change is left to do.
fn is_over(cluster: &Cluster) -> bool {
    phase(cluster).is_none() && cluster.places().1 == ["aurora"]
}

fn jobs(cluster: &Cluster) -> Vec<String> {
    let mut names = cluster.names("Job");
    names.retain(|name| name.starts_with("shop-store-copy"));
    names
}

fn object(cluster: &Cluster, kind: &str, name: &str) -> Value {
    let mut children = cluster.observed.children.iter();
    let found = children.find(|(key, ..)| key.kind == kind && key.name == name);
    serde_json::to_value(&**found.unwrap().2).unwrap()
}

/// A platform in which somebody has confirmed the change, in that phase.
fn changing(asked: ChangePhase) -> Cluster {
    let mut cluster = Cluster::with(&managed());
    let told = said(
        &cluster.settles(&platform(&external(), "")),
        condition::KAFKA_READY,
    );
    assert!(
        told.contains("To copy and compare what it holds") && told.contains(COPY),
        "{told}"
    );
    let platform = platform(&external(), COPY);
    for _ in 0..200 {
        cluster.reconcile(&platform, &mut Never);
        if phase(&cluster) == Some(asked) {
            return cluster;
        }
        for number in 0..20 {
            cluster.step(Step::Deployment(number));
        }
        cluster.step(Step::Stopped(0));
        if jobs(&cluster).is_empty() {
            cluster.step(Step::Servers);
        }
    }
    panic!("it never comes to {}", asked.as_str());
}

/// A platform that keeps customers out, while its services read what is under way.
fn draining() -> Cluster {
    let mut cluster = changing(ChangePhase::Pausing);
    let asked = platform(&external(), COPY);
    while cluster.count("gateway") > 0 {
        assert_eq!(drains(&cluster), Vec::<String>::new(), "customers still come in");
        for number in 0..20 {
            cluster.step(Step::Deployment(number));
        }
        cluster.step(Step::Stopped(0));
        cluster.reconcile(&asked, &mut Never);
    }
    cluster
}

fn drains(cluster: &Cluster) -> Vec<String> {
    let mut names = cluster.names("Job");
    names.retain(|name| name.starts_with("shop-setup-drain"));
    names
}

#[test]
fn customers_are_kept_out_until_everything_is_read() {
    let asked = platform(&external(), COPY);
    let mut cluster = draining();
    for _ in 0..3 {
        let assessment = cluster.reconcile(&asked, &mut Never);
        let told = said(&assessment, condition::KAFKA_READY);
        assert!(
            told.contains("what is under way is read first: Job shop-setup-drain-"),
            "{told}"
        );
        assert!(said(&assessment, condition::READY).starts_with("False"));
        for number in 0..20 {
            cluster.step(Step::Deployment(number));
        }
        assert_eq!(drains(&cluster).len(), 1);
        assert_eq!((cluster.count("order"), cluster.count("gateway")), (1, 0));
    }
    let job = object(&cluster, "Job", &drains(&cluster)[0]);
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["args"], json!(["drain"]));
    let variables = container["env"].to_string();
    assert!(
        variables.contains("order,pay,store,delivery,inventory,customer,marketing,frontend,coupons"),
        "{variables}"
    );
    cluster.step(Step::Servers);
    cluster.reconcile(&asked, &mut Never);
    let paused = object(&cluster, "Deployment", "shop-order");
    assert_eq!(paused["spec"]["replicas"], 0);
    let assessment = cluster.settles(&asked);
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!((cluster.count("gateway"), drains(&cluster).len()), (1, 0));
}

#[test]
fn a_change_is_taken_back_while_customers_are_kept_out() {
    let mut cluster = draining();
    let pods = cluster.pods();
    let assessment = cluster.settles(&platform(&managed(), COPY));
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().1, ["shop-kafka:9092"]);
    assert_eq!(cluster.pods(), pods + 1, "only the gateway was stopped");
    assert_eq!(drains(&cluster), Vec::<String>::new());
}

#[test]
fn the_services_wait_until_every_message_is_in_the_new_kafka() {
    let asked = platform(&external(), COPY);
    let mut cluster = changing(ChangePhase::Copying);
    for _ in 0..3 {
        let assessment = cluster.reconcile(&asked, &mut Never);
        assert_eq!(phase(&cluster), Some(ChangePhase::Copying));
        assert_eq!(jobs(&cluster).len(), 1);
        let told = said(&assessment, condition::KAFKA_READY);
        assert!(told.contains(": Job shop-store-copy-"), "{told}");
        assert_eq!((cluster.count("order"), cluster.count("coupons")), (0, 0));
    }
    cluster.step(Step::Servers);
    cluster.reconcile(&asked, &mut Never);
    assert_eq!(phase(&cluster), Some(ChangePhase::Resuming));
    let assessment = cluster.settles(&asked);
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().1, ["aurora"]);
    assert_eq!(jobs(&cluster), Vec::<String>::new());
    assert!(!cluster.has("StatefulSet", "shop-kafka"), "it goes last");
}

#[test]
fn a_copy_of_kafka_is_taken_back_before_the_switch() {
    let mut cluster = changing(ChangePhase::Copying);
    let server = cluster.uid("StatefulSet", "shop-kafka");
    let assessment = cluster.settles(&platform(&managed(), COPY));
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().1, ["shop-kafka:9092"]);
    assert_eq!(cluster.uid("StatefulSet", "shop-kafka"), server);
    assert_eq!(jobs(&cluster), Vec::<String>::new());
}

#[test]
fn without_the_copy_kafka_changes_as_it_is() {
    let mut cluster = Cluster::with(&managed());
    cluster.settles(&platform(&external(), ""));
    let asked = platform(&external(), WORD);
    for _ in 0..300 {
        cluster.reconcile(&asked, &mut Never);
        assert_eq!(jobs(&cluster), Vec::<String>::new());
        for number in 0..20 {
            cluster.step(Step::Deployment(number));
        }
        cluster.step(Step::Stopped(0));
        cluster.step(Step::Servers);
        if is_over(&cluster) {
            break;
        }
    }
    assert_eq!(cluster.places().1, ["aurora"]);
}

#[test]
fn the_copy_of_kafka_knows_both_sides_and_the_groups_of_extensions() {
    let cluster = changing(ChangePhase::Copying);
    let job = object(&cluster, "Job", &jobs(&cluster)[0]);
    let pod = &job["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let container = &pod["containers"][0];
    assert_eq!(container["args"], json!(["mirror"]));
    let variables = container["env"].as_array().unwrap();
    let variable = |name: &str| {
        let found = variables.iter().find(|variable| variable["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {variables:?}"))
    };
    assert_eq!(variable("OLD_KAFKA_BROKERS")["value"], "shop-kafka:9092");
    assert_eq!(
        variable("KAFKA_BROKERS")["valueFrom"]["secretKeyRef"]["name"],
        "aurora"
    );
    assert_eq!(variable("KAFKA_PREFIX")["value"], "food.shop.");
    assert_eq!(variable("GROUPS")["value"], "coupons");
    let ingress = object(&cluster, "NetworkPolicy", "shop-kafka").to_string();
    assert!(ingress.contains("store-copy"), "{ingress}");
    let egress = object(&cluster, "NetworkPolicy", "shop-store-copy");
    assert_eq!(
        egress["spec"]["egress"],
        json!([{}]),
        "only the Secret knows the address"
    );
}

#[test]
fn kafka_and_postgresql_are_copied_in_one_pause() {
    let mut spec = external();
    spec["postgres"] = json!({ "provider": "External", "secretRef": { "name": "rds" } });
    let mut cluster = Cluster::with(&managed());
    cluster.settles(&platform(&spec, ""));
    let asked = platform(&spec, &format!("{COPY}, postgres=External/rds:copy"));
    let mut most = 0;
    for _ in 0..300 {
        cluster.reconcile(&asked, &mut Never);
        most = most.max(jobs(&cluster).len());
        for number in 0..20 {
            cluster.step(Step::Deployment(number));
        }
        cluster.step(Step::Stopped(0));
        cluster.step(Step::Servers);
        if is_over(&cluster) {
            break;
        }
    }
    assert_eq!(most, 2);
    assert_eq!(
        cluster.places(),
        (vec!["rds".to_owned()], vec!["aurora".to_owned()])
    );
}

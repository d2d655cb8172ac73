//! Tests that what a PostgreSQL holds is copied while no pod uses it, and that the services wait for it.

use std::sync::Arc;

use fdp_crds::{ChangePhase, condition};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::{
    almost_paused_for,
    cluster::{Cluster, Never, Step, platform},
    external, phase, said,
};

const COPY: &str = "postgres=External/rds:copy";

/// A platform whose services are paused, so that the copy is under way.
fn copying() -> Cluster {
    let mut cluster = almost_paused_for(COPY);
    cluster.step(Step::Stopped(0));
    cluster.reconcile(&platform(&external("rds"), COPY), &mut Never);
    cluster
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

#[test]
fn the_services_wait_until_everything_is_copied() {
    let asked = platform(&external("rds"), COPY);
    let mut cluster = almost_paused_for(COPY);
    assert_eq!(jobs(&cluster), Vec::<String>::new(), "a pod could still write");
    cluster.step(Step::Stopped(0));
    for _ in 0..3 {
        let assessment = cluster.reconcile(&asked, &mut Never);
        assert_eq!(phase(&cluster), Some(ChangePhase::Copying));
        assert_eq!(jobs(&cluster).len(), 1);
        let told = said(&assessment, condition::DATABASE_READY);
        assert!(told.contains(": Job shop-store-copy-"), "{told}");
        assert_eq!(cluster.count("order"), 0);
    }
    cluster.step(Step::Servers);
    cluster.reconcile(&asked, &mut Never);
    assert_eq!(phase(&cluster), Some(ChangePhase::Resuming));
    let assessment = cluster.settles(&asked);
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().0, ["rds"]);
    assert_eq!(jobs(&cluster), Vec::<String>::new());
    assert!(!cluster.has("NetworkPolicy", "shop-store-copy"));
}

#[test]
fn a_copy_that_fails_is_told_in_its_words_and_can_be_taken_back() {
    let mut cluster = copying();
    let job = jobs(&cluster).remove(0);
    let words = "order: table public.orders has 2 rows in the old PostgreSQL and 1 in the new one";
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": format!("{job}-x"), "labels": {
            "app.kubernetes.io/name": "store-copy", "batch.kubernetes.io/job-name": job } },
        "status": { "phase": "Running", "containerStatuses": [{ "name": "store-copy", "image": "", "imageID": "",
            "ready": false, "restartCount": 1,
            "state": { "waiting": { "reason": "CrashLoopBackOff" } },
            "lastState": { "terminated": { "exitCode": 1, "message": format!("pay: 2 tables\n{words}\n") } } }] },
    }))
    .unwrap();
    cluster.observed.pods.push(Arc::new(pod));
    let assessment = cluster.reconcile(&platform(&external("rds"), COPY), &mut Never);
    let told = said(&assessment, condition::DATABASE_READY);
    assert!(told.starts_with("False Failed"), "{told}");
    assert!(told.contains(words) && !told.contains("pay: 2 tables"), "{told}");
    assert!(said(&assessment, condition::STALLED).starts_with("True"));
    assert_eq!(phase(&cluster), Some(ChangePhase::Copying));
    let assessment = cluster.settles(&platform(&json!({}), COPY));
    assert!(said(&assessment, condition::READY).starts_with("True"));
    assert_eq!(cluster.places().0, ["shop-postgres:5432"]);
    assert_eq!(jobs(&cluster), Vec::<String>::new());
}

#[test]
fn what_was_copied_before_the_services_ran_again_is_copied_anew() {
    let mut cluster = copying();
    let first = jobs(&cluster);
    cluster.settles(&platform(&json!({}), COPY));
    cluster.settles(&platform(&external("rds"), ""));
    let asked = platform(&external("rds"), COPY);
    while jobs(&cluster).is_empty() {
        cluster.reconcile(&asked, &mut Never);
        for number in 0..20 {
            cluster.step(Step::Deployment(number));
        }
        cluster.step(Step::Stopped(0));
    }
    assert_ne!(jobs(&cluster), first);
}

#[test]
fn the_copy_has_no_privileges_and_its_passwords_in_no_argument() {
    let cluster = copying();
    let job = object(&cluster, "Job", &jobs(&cluster)[0]);
    assert_eq!(
        job["metadata"]["ownerReferences"][0]["name"], "shop",
        "it goes with the platform"
    );
    let pod = &job["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(container["image"], "localhost/food-delivery/postgres:15");
    let command = container["command"].to_string();
    assert!(!command.contains("postgres://"), "{command}");
    let variables = container["env"].as_array().unwrap();
    let variable = |name: &str| {
        variables
            .iter()
            .find(|variable| variable["name"] == name)
            .unwrap()
    };
    assert_eq!(variable("OLD_HOST")["value"], "shop-postgres");
    assert_eq!(variable("NEW_HOST")["valueFrom"]["secretKeyRef"]["name"], "rds");
    assert_eq!(variable("NEW_PREFIX")["value"], "food_shop_");
    assert_eq!(
        variable("DATABASES")["value"],
        "order pay store delivery inventory customer marketing frontend"
    );
}

#[test]
fn the_copy_reaches_both_servers_and_nothing_else() {
    let mut cluster = Cluster::with(&json!({}));
    let spec = json!({ "postgres": { "provider": "CloudNativePG" } });
    cluster.settles(&platform(&spec, ""));
    let asked = platform(&spec, "postgres=CloudNativePG:copy");
    cluster.reconcile(&asked, &mut Never);
    let policy = object(&cluster, "NetworkPolicy", "shop-store-copy");
    let egress = policy["spec"]["egress"].as_array().unwrap();
    let to: Vec<&Value> = egress
        .iter()
        .map(|rule| &rule["to"][0]["podSelector"]["matchLabels"])
        .collect();
    assert_eq!(
        to,
        [
            &json!({ "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "postgres" }),
            &json!({ "cnpg.io/cluster": "shop-postgres" }),
        ]
    );
    let ingress = object(&cluster, "NetworkPolicy", "shop-postgres").to_string();
    assert!(ingress.contains("store-copy"), "{ingress}");
}

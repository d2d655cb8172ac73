//! Tests that a condition says when a data store refuses what its clients have: whatever becomes of a Secret, the setup signs
//! in with it, and no pods are replaced before that works.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod support;

use std::{collections::BTreeMap, sync::Arc};

use fdp_crds::condition;
use fdp_operator::{
    model::{
        apis::{Apis, MetricsApi},
        observed::Observed,
        referenced::Referenced,
    },
    plan::{changes::changes, passwords, plan},
    settings::Settings,
    spec::Validated,
};
use k8s_openapi::{ByteString, api::core::v1::Pod};
use serde_json::{Value, json};
use support::{carry_out, up, write};

/// A data store, and the Secret that its clients sign in with.
struct Row {
    spec: Value,
    /// What the setup calls it, and its condition.
    server: &'static str,
    condition: &'static str,
    /// The part and the key of a generated Secret, or else the name of one of the user's.
    secret: Result<(&'static str, &'static str), &'static str>,
    /// The part of the Job that signs in.
    job: &'static str,
    /// What the message says to do.
    way: &'static str,
}

fn rows() -> Vec<Row> {
    let external = json!({ "provider": "External", "secretRef": { "name": "named" } });
    let row = |spec, server, condition, secret, way| Row {
        spec,
        server,
        condition,
        secret,
        job: if server == "elasticsearch" {
            "logging-setup"
        } else {
            "setup"
        },
        way,
    };
    let database = condition::DATABASE_READY;
    vec![
        row(
            json!({}),
            "postgres",
            database,
            Ok(("postgres", "password")),
            "kubectl rollout restart statefulset shop-postgres -n food",
        ),
        row(
            json!({}),
            "postgres",
            database,
            Ok(("databases", "pay")),
            "kubectl rollout restart statefulset shop-postgres -n food",
        ),
        row(
            json!({ "postgres": { "provider": "CloudNativePG" } }),
            "postgres",
            database,
            Ok(("postgres", "password")),
            "CloudNativePG gives its Cluster shop-postgres the password of Secret shop-postgres",
        ),
        row(
            json!({ "postgres": external }),
            "postgres",
            database,
            Err("named"),
            "Secret named",
        ),
        row(
            json!({ "postgres": external }),
            "postgres",
            database,
            Ok(("databases", "order")),
            "Secret shop-databases",
        ),
        row(
            json!({ "kafka": external }),
            "kafka",
            condition::KAFKA_READY,
            Err("named"),
            "the credentials of Secret named",
        ),
        row(
            json!({ "mongodb": { "provider": "Managed" } }),
            "mongodb",
            database,
            Ok(("mongodb", "password")),
            "kubectl rollout restart statefulset shop-mongodb -n food",
        ),
        row(
            json!({ "mongodb": external }),
            "mongodb",
            database,
            Err("named"),
            "the credentials of Secret named",
        ),
        row(
            json!({ "logging": { "provider": "Managed" } }),
            "elasticsearch",
            condition::LOGGING_READY,
            Ok(("elasticsearch", "password")),
            "kubectl exec -it shop-elasticsearch-0 -n food -- bin/elasticsearch-reset-password -u elastic -i",
        ),
        row(
            json!({ "logging": { "provider": "ECK" } }),
            "elasticsearch",
            condition::LOGGING_READY,
            Ok(("elasticsearch", "fluentd-password")),
            "ECK keeps the password",
        ),
    ]
}

fn platform(row: &Row) -> Validated {
    support::platform(&row.spec, &json!({}), &Settings::default())
}

/// A Secret of the user's, with this in each key.
fn named(value: &str) -> Referenced {
    let keys = ["host", "port", "username", "password", "brokers", "url"];
    let values: BTreeMap<String, ByteString> = keys
        .map(|key| (key.to_owned(), ByteString(format!("{key}-{value}").into_bytes())))
        .into();
    Referenced::of(&values)
}

/// Gives the Secret of the row another value, as a change by hand, a loss or a restored copy does.
fn change(row: &Row, observed: &mut Observed) {
    match row.secret {
        Ok(changed) => observed.credentials = credentials(Some(changed)),
        Err(name) => {
            observed.referenced.insert(name.to_owned(), named("new"));
        }
    }
}

fn credentials(changed: Option<(&str, &str)>) -> fdp_operator::model::observed::Credentials {
    passwords::credentials(|part, key| {
        let value = if changed == Some((part, key)) {
            "new"
        } else {
            "old"
        };
        format!("{value}-{part}-{key}-with-at-least-32-characters")
    })
}

/// A cluster in which the platform of the row is up.
fn running(row: &Row) -> (Validated, Observed) {
    let platform = platform(row);
    let mut observed = Observed {
        apis: Apis::all(),
        metrics: MetricsApi::Available,
        credentials: credentials(None),
        ..Observed::default()
    };
    observed.referenced.insert("named".to_owned(), named("old"));
    carry_out(&platform, &mut observed);
    carry_out(&platform, &mut observed);
    (platform, observed)
}

fn told(platform: &Validated, observed: &Observed, type_: &str) -> String {
    let assessment = plan(platform, observed).assessment;
    let condition = assessment.condition(type_).unwrap();
    let (status, reason) = (condition.status.as_str(), condition.reason.as_str());
    format!("{status} {reason}: {}", condition.message)
}

/// The name of the Job that signs in.
fn job(row: &Row, platform: &Validated, observed: &Observed) -> String {
    let start = format!("shop-{}-", row.job);
    let objects = plan(platform, observed).objects;
    let mut jobs = objects.iter().filter(|planned| planned.resource.kind == "Job");
    let found = jobs.find(|planned| planned.key().name.starts_with(&start));
    found.unwrap().key().name
}

/// Applies what is planned, with a Job that has run once, was refused, and is started again by the kubelet.
fn refuse(row: &Row, platform: &Validated, observed: &mut Observed) {
    let name = job(row, platform, observed);
    // Only the new Job is made: everything else waits for it, or has nothing to do with it.
    let planned = plan(platform, observed).objects;
    let job = planned.iter().find(|planned| planned.key().name == name).unwrap();
    observed.children.insert(&job.resource, Arc::clone(&job.object));
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": format!("{name}-x"), "namespace": "food", "labels": {
            "app.kubernetes.io/name": row.job, "batch.kubernetes.io/job-name": name } },
        "status": { "phase": "Running", "containerStatuses": [{
            "name": row.job, "image": "", "imageID": "", "ready": true, "restartCount": 1,
            "state": { "running": {} },
            "lastState": { "terminated": { "exitCode": 1,
                "message": format!("a line before\nSignInRefused {}: no such password\n", row.server) } },
        }] },
    }))
    .unwrap();
    observed.pods.push(Arc::new(pod));
}

#[test]
fn a_store_that_refuses_what_clients_have_is_told_with_what_to_do() {
    for row in rows() {
        let (platform, mut observed) = running(&row);
        let ready = told(&platform, &observed, condition::READY);
        assert!(ready.starts_with("True"), "{}: {ready}", row.spec);
        change(&row, &mut observed);
        refuse(&row, &platform, &mut observed);
        let said = told(&platform, &observed, row.condition);
        let expected = format!("False SignInRefused: {}: no such password. ", row.server);
        assert!(
            said.starts_with(&expected) && said.contains(row.way),
            "{}: {said}",
            row.spec
        );
        for type_ in [condition::READY, condition::STALLED] {
            let said = told(&platform, &observed, type_);
            assert_eq!(said.matches("no such password").count(), 1, "{said}");
        }
        assert!(told(&platform, &observed, condition::STALLED).starts_with("True"));
    }
}

#[test]
fn the_condition_is_back_when_the_setup_has_signed_in() {
    for row in rows() {
        let (platform, mut observed) = running(&row);
        change(&row, &mut observed);
        refuse(&row, &platform, &mut observed);
        let name = job(&row, &platform, &observed);
        let planned = plan(&platform, &observed).objects;
        let job = planned.iter().find(|planned| planned.key().name == name).unwrap();
        let mut done = kube::core::DynamicObject::clone(&job.object);
        done.data["status"] = up("Job", &done);
        observed.children.insert(&job.resource, Arc::new(done));
        let said = told(&platform, &observed, row.condition);
        assert!(said.starts_with("True"), "{}: {said}", row.spec);
    }
}

#[test]
fn a_secret_that_changes_makes_the_setup_sign_in_again() {
    for row in rows() {
        let (platform, mut observed) = running(&row);
        let before = job(&row, &platform, &observed);
        change(&row, &mut observed);
        assert_ne!(job(&row, &platform, &observed), before, "{}", row.spec);
    }
}

#[test]
fn no_service_is_replaced_before_the_setup_has_signed_in() {
    for row in rows().iter().filter(|row| row.job == "setup") {
        let (platform, mut observed) = running(row);
        change(row, &mut observed);
        refuse(row, &platform, &mut observed);
        let plan = plan(&platform, &observed);
        let changes = changes(&platform, &plan, &observed.children);
        let written: Vec<String> = changes
            .writes
            .iter()
            .map(|write| write.planned.key().to_string())
            .collect();
        let services = written.iter().filter(|key| key.starts_with("Deployment"));
        assert_eq!(services.count(), 0, "{}: {written:?}", row.spec);
    }
}

#[test]
fn what_a_former_job_was_refused_says_nothing_of_this_one() {
    for row in rows() {
        let (platform, mut observed) = running(&row);
        change(&row, &mut observed);
        refuse(&row, &platform, &mut observed);
        match row.secret {
            Ok(_) => observed.credentials = credentials(None),
            Err(name) => drop(observed.referenced.insert(name.to_owned(), named("old"))),
        }
        write(&platform, &mut observed);
        let said = told(&platform, &observed, row.condition);
        assert!(said.starts_with("True"), "{}: {said}", row.spec);
    }
}

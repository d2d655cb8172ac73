//! Tests that platforms follow the Secrets that they name: pods are replaced when a value changes, nothing is rolled out that
//! could not start, and a Secret is used only if it may be.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fdp_crds::condition;
use fdp_operator::{
    model::{
        apis::{Apis, MetricsApi},
        object::ObjectKey,
        observed::Observed,
        referenced::Referenced,
    },
    plan::{
        changes::changes,
        plan,
        secrets::{Reader, asks_for, missing, unwatched},
    },
    settings::{ReferencedSecrets, Settings},
    spec::Validated,
};
use k8s_openapi::ByteString;
use kube::core::DynamicObject;
use serde_json::{Value, json};
use support::{carry_out, settle};

/// A field that names a Secret.
struct Row {
    field: &'static str,
    spec: Value,
    /// Its key among the observed ones.
    key: &'static str,
    required: &'static [&'static str],
    optional: &'static str,
    condition: &'static str,
    /// Parts whose pods read it, among others; and one that does not.
    readers: &'static [&'static str],
    other: &'static str,
}

fn rows() -> Vec<Row> {
    let named = json!({ "name": "named" });
    let external = json!({ "provider": "External", "secretRef": named });
    vec![
        Row {
            field: "spec.postgres.secretRef",
            spec: json!({ "postgres": external }),
            key: "named",
            required: &["host", "port", "username", "password"],
            optional: "sslmode",
            condition: condition::DATABASE_READY,
            readers: &["order", "pay", "frontend"],
            other: "gateway",
        },
        Row {
            field: "spec.kafka.secretRef",
            spec: json!({ "kafka": { "provider": "External", "secretRef": named, "ui": { "enabled": true } } }),
            key: "named",
            required: &["brokers"],
            optional: "ca.crt",
            condition: condition::KAFKA_READY,
            readers: &["order", "customer", "kafka-ui"],
            other: "gateway",
        },
        Row {
            field: "spec.mongodb.secretRef",
            spec: json!({ "mongodb": external }),
            key: "named",
            required: &["url"],
            optional: "",
            condition: condition::DATABASE_READY,
            readers: &["order"],
            other: "pay",
        },
        Row {
            field: "spec.notifications.kakao.secretRef",
            spec: json!({ "notifications": { "kakao": { "secretRef": named } } }),
            key: "named",
            required: &["restApiKey", "refreshToken"],
            optional: "clientSecret",
            condition: condition::SERVICES_READY,
            readers: &["customer"],
            other: "pay",
        },
        Row {
            field: "spec.payments.secretRef",
            spec: json!({
                "payments": { "provider": "Stripe", "secretRef": named },
                "gateway": { "publicUrl": "https://shop.example.com" },
            }),
            key: "named",
            required: &["secretKey", "webhookSecret"],
            optional: "",
            condition: condition::SERVICES_READY,
            readers: &["pay"],
            other: "customer",
        },
        Row {
            field: "spec.image.pullSecrets",
            spec: json!({ "image": { "pullSecrets": [named] } }),
            key: "named",
            required: &[".dockerconfigjson"],
            optional: "",
            condition: condition::SERVICES_READY,
            readers: &[],
            other: "pay",
        },
        Row {
            field: "spec.gateway.tls.secretRef",
            spec: json!({
                "gateway": { "hosts": ["shop.example.com"], "tls": { "secretRef": named } },
                "mesh": { "provider": "Istio" },
            }),
            key: "istio-system/named",
            required: &["tls.crt", "tls.key"],
            optional: "",
            condition: condition::MESH_READY,
            readers: &[],
            other: "pay",
        },
    ]
}

fn platform(spec: &Value, secrets: ReferencedSecrets) -> Validated {
    let settings = Settings {
        referenced_secrets: secrets,
        ..Settings::default()
    };
    support::platform(spec, &json!({}), &settings)
}

fn secret<'a>(keys: impl IntoIterator<Item = &'a str>, value: &str) -> Referenced {
    let keys = keys.into_iter().filter(|key| !key.is_empty());
    let values: BTreeMap<String, ByteString> = keys
        .map(|key| (key.to_owned(), ByteString(format!("{key}-{value}").into_bytes())))
        .collect();
    Referenced::of(&values)
}

fn full(row: &Row, value: &str) -> Referenced {
    secret(row.required.iter().copied(), value)
}

/// A cluster in which the platform is up with a full Secret.
fn running(row: &Row, secrets: ReferencedSecrets) -> (Validated, Observed) {
    let platform = platform(&row.spec, secrets);
    let mut observed = Observed {
        apis: Apis::all(),
        metrics: MetricsApi::Available,
        ..Observed::default()
    };
    observed.referenced.insert(row.key.to_owned(), full(row, "old"));
    settle(&platform, &mut observed);
    (platform, observed)
}

/// What the condition of the row says.
fn told(row: &Row, platform: &Validated, observed: &Observed) -> String {
    let assessment = plan(platform, observed).assessment;
    let condition = assessment.condition(row.condition).unwrap();
    let (status, reason) = (condition.status.as_str(), condition.reason.as_str());
    format!("{status} {reason}: {}", condition.message)
}

fn ready(platform: &Validated, observed: &Observed) -> String {
    let assessment = plan(platform, observed).assessment;
    let condition = assessment.condition(condition::READY).unwrap();
    format!("{}: {}", condition.status.as_str(), condition.message)
}

/// Kind and name of what is written or deleted.
fn touched(platform: &Validated, observed: &Observed) -> Vec<String> {
    let plan = plan(platform, observed);
    let changes = changes(platform, &plan, &observed.children);
    let written = changes.generated.iter().chain(&changes.writes);
    written
        .map(|write| write.planned.key().to_string())
        .chain(changes.waiting.iter().map(|(key, _)| key.to_string()))
        .chain(changes.deletions.iter().map(|deletion| deletion.key.to_string()))
        .collect()
}

/// Whether it is a Job that tries what a service reaches.
fn is_try(key: &str) -> bool {
    key.starts_with("Job ") && key.contains("-reach-")
}

fn hash(part: &str, platform: &Validated, observed: &Observed) -> Option<String> {
    let plan = plan(platform, observed);
    let name = format!("shop-{part}");
    let deployment = plan
        .objects
        .iter()
        .find(|planned| planned.resource.kind == "Deployment" && planned.key().name == name)?;
    let annotations = &deployment.object.data["spec"]["template"]["metadata"]["annotations"];
    Some(annotations["fooddelivery.dev/secrets-hash"].as_str()?.to_owned())
}

#[test]
fn every_field_of_the_resource_that_names_a_secret_has_a_row() {
    fn collect(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if name.to_lowercase().contains("secret") {
                found.insert(path);
            } else {
                collect(field, &path, found);
                collect(&field["items"], &path, found);
                collect(&field["additionalProperties"], &path, found);
            }
        }
    }
    let crd = serde_json::to_value(fdp_crds::definitions().first().unwrap()).unwrap();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    let mut found = BTreeSet::new();
    collect(schema, "spec", &mut found);
    // A secret of AWS, which CodeBuild reads there.
    found.retain(|field| !field.ends_with(".tokenSecret"));
    let rows: BTreeSet<String> = rows().iter().map(|row| row.field.to_owned()).collect();
    assert_eq!(found, rows);
}

#[test]
fn the_operator_looks_at_every_secret_that_is_named() {
    for row in rows() {
        let platform = platform(&row.spec, ReferencedSecrets::Any);
        let asked = asks_for(&platform, &Observed::default());
        assert_eq!(asked.len(), 1, "{}", row.field);
        assert_eq!(
            (asked[0].field, asked[0].key(&platform).as_str()),
            (row.field, row.key)
        );
        assert_eq!(asked[0].required, row.required, "{}", row.field);
        assert_eq!(
            asked[0].reader == Reader::Pods,
            !row.readers.is_empty(),
            "{}",
            row.field
        );
    }
}

#[test]
fn a_full_secret_leaves_nothing_to_do() {
    for row in rows() {
        for mode in [ReferencedSecrets::Any, ReferencedSecrets::Labelled] {
            let (platform, observed) = running(&row, mode);
            assert_eq!(
                touched(&platform, &observed),
                Vec::<String>::new(),
                "{}",
                row.field
            );
            assert!(
                told(&row, &platform, &observed).starts_with("True Ready"),
                "{}",
                row.field
            );
            assert!(!missing(&platform, &observed) && !unwatched(&observed));
        }
    }
}

#[test]
fn a_changed_value_replaces_the_pods_that_read_it_and_no_others() {
    for row in rows() {
        let (platform, mut observed) = running(&row, ReferencedSecrets::Any);
        let before = |part| hash(part, &platform, &observed);
        let old: Vec<_> = row.readers.iter().map(|part| before(part)).collect();
        observed.referenced.insert(row.key.to_owned(), full(&row, "new"));
        for (part, old) in row.readers.iter().zip(&old) {
            let new = hash(part, &platform, &observed);
            assert!(old.is_some() && new.is_some(), "{}: {part}", row.field);
            assert_ne!(*old, new, "{}: {part}", row.field);
        }
        assert_eq!(hash(row.other, &platform, &observed), None, "{}", row.field);
        let touched = touched(&platform, &observed);
        assert_eq!(
            touched.is_empty(),
            row.readers.is_empty(),
            "{}: {touched:?}",
            row.field
        );
        assert!(
            !touched.contains(&format!("Deployment shop-{}", row.other)),
            "{touched:?}"
        );
    }
}

#[test]
fn a_key_that_nobody_reads_replaces_no_pods_and_one_that_comes_does() {
    for row in rows().iter().filter(|row| !row.optional.is_empty()) {
        let (platform, mut observed) = running(row, ReferencedSecrets::Any);
        let keys = |more: &'static str| row.required.iter().copied().chain([more]);
        observed
            .referenced
            .insert(row.key.to_owned(), secret(keys("unread"), "old"));
        assert_eq!(
            touched(&platform, &observed),
            Vec::<String>::new(),
            "{}",
            row.field
        );
        observed
            .referenced
            .insert(row.key.to_owned(), secret(keys(row.optional), "old"));
        assert_ne!(
            touched(&platform, &observed),
            Vec::<String>::new(),
            "{}",
            row.field
        );
    }
}

#[test]
fn a_deleted_or_half_filled_secret_leaves_what_runs_and_is_told() {
    for row in rows() {
        let (platform, mut observed) = running(&row, ReferencedSecrets::Any);
        let half = secret(row.required.iter().copied().skip(1), "new");
        for (known, said) in [
            (Referenced::default(), "is not in namespace".to_owned()),
            (half, format!("lacks {}", row.required[0])),
        ] {
            observed.referenced.insert(row.key.to_owned(), known);
            assert_eq!(
                touched(&platform, &observed),
                Vec::<String>::new(),
                "{}",
                row.field
            );
            let told = told(&row, &platform, &observed);
            assert!(told.contains(&said) && told.contains("Secret named"), "{told}");
            assert!(told.contains(row.field), "{told}");
            assert!(missing(&platform, &observed), "read again soon");
            let ready = ready(&platform, &observed);
            // What pods read keeps them from starting again; the others only tell.
            if row.readers.is_empty() {
                assert!(told.starts_with("True Ready"), "{told}");
                assert!(ready.starts_with("True") && ready.contains(&said), "{ready}");
            } else {
                assert!(told.starts_with("False SecretMissing"), "{told}");
                assert!(ready.starts_with("False"), "{ready}");
            }
        }
        observed.referenced.insert(row.key.to_owned(), full(&row, "old"));
        assert_eq!(
            touched(&platform, &observed),
            Vec::<String>::new(),
            "{}",
            row.field
        );
        assert!(ready(&platform, &observed).starts_with("True: everything is up"));
    }
}

/// The rows of Secrets that a platform is not up without.
fn of_stores() -> impl Iterator<Item = Row> {
    let stores = [condition::KAFKA_READY, condition::DATABASE_READY];
    rows()
        .into_iter()
        .filter(move |row| stores.contains(&row.condition))
}

#[test]
fn what_services_reach_is_tried_again_when_all_pods_have_the_new_value() {
    // What order connects to is in the URL of its MongoDB, with the password.
    for row in of_stores().filter(|row| row.field != "spec.mongodb.secretRef") {
        let (platform, mut observed) = running(&row, ReferencedSecrets::Any);
        observed.referenced.insert(row.key.to_owned(), full(&row, "new"));
        let new_jobs = |observed: &Observed| -> Vec<String> {
            let touched = touched(&platform, observed).into_iter();
            touched.filter(|key| is_try(key)).collect()
        };
        assert_eq!(
            new_jobs(&observed),
            [""; 0],
            "{}: pods are to be replaced",
            row.field
        );
        carry_out(&platform, &mut observed);
        let up = observed.children.clone();
        let pay = ObjectKey::new("Deployment", "shop-pay");
        let (_, resource, deployment) = up.iter().find(|(key, ..)| **key == pay).unwrap();
        let mut rolling = DynamicObject::clone(deployment);
        rolling.data["status"]["availableReplicas"] = json!(0);
        observed.children.insert(resource, Arc::new(rolling));
        assert_eq!(new_jobs(&observed), [""; 0], "{}: one is not up yet", row.field);
        observed.children = up;
        let tried = new_jobs(&observed);
        let of = |service: &str| {
            let start = format!("Job shop-{service}-reach-");
            tried.iter().any(|key| key.starts_with(&start))
        };
        assert!(of("order") && of("store"), "{}: {tried:?}", row.field);
        assert!(!of("gateway"), "it reads no Secret: {tried:?}");
        settle(&platform, &mut observed);
        assert_eq!(touched(&platform, &observed), [""; 0], "{}", row.field);
    }
}

#[test]
fn nothing_is_tried_with_a_secret_that_is_missing() {
    for row in of_stores() {
        let half = secret(row.required.iter().copied().skip(1), "new");
        for known in [Referenced::default(), half] {
            let (platform, mut observed) = running(&row, ReferencedSecrets::Any);
            observed.remembered.reachability.clear();
            let tried: Vec<String> = touched(&platform, &observed)
                .into_iter()
                .filter(|key| is_try(key))
                .collect();
            assert_eq!(tried.len(), 9, "{}", row.field);
            // Those that are to come do not, and those that are there go: their pods could not start.
            let mut begun = observed.clone();
            carry_out(&platform, &mut begun);
            observed.referenced.insert(row.key.to_owned(), known.clone());
            assert_eq!(touched(&platform, &observed), [""; 0], "{}", row.field);
            begun.referenced.insert(row.key.to_owned(), known);
            let mut gone = touched(&platform, &begun);
            gone.sort();
            let mut begun_before = tried;
            begun_before.sort();
            assert_eq!(gone, begun_before, "{}", row.field);
            carry_out(&platform, &mut begun);
            assert_eq!(touched(&platform, &begun), [""; 0], "{}", row.field);
        }
    }
}

#[test]
fn pods_that_read_a_secret_are_not_made_before_it_is_there() {
    for row in rows().iter().filter(|row| !row.readers.is_empty()) {
        let platform = platform(&row.spec, ReferencedSecrets::Any);
        let mut observed = Observed::default();
        observed
            .referenced
            .insert(row.key.to_owned(), Referenced::default());
        let planned = |observed: &Observed| {
            let objects = plan(&platform, observed).objects;
            let keys = objects.iter().map(|planned| planned.key().to_string());
            keys.collect::<Vec<_>>()
        };
        let (name, other) = (
            format!("Deployment shop-{}", row.readers[0]),
            format!("Deployment shop-{}", row.other),
        );
        assert!(!planned(&observed).contains(&name), "{}", row.field);
        assert!(planned(&observed).contains(&other), "{}", row.field);
        observed.referenced.insert(row.key.to_owned(), full(row, "new"));
        assert!(planned(&observed).contains(&name), "{}", row.field);
    }
}

#[test]
fn an_unlabelled_secret_is_used_for_now_and_the_condition_says_the_command() {
    for row in rows() {
        let (platform, mut observed) = running(&row, ReferencedSecrets::Any);
        let mut unlabelled = full(&row, "old");
        unlabelled.unlabelled = true;
        observed.referenced.insert(row.key.to_owned(), unlabelled);
        assert_eq!(
            touched(&platform, &observed),
            Vec::<String>::new(),
            "{}",
            row.field
        );
        let namespace = row.key.split_once('/').map_or("food", |(namespace, _)| namespace);
        let command = format!(
            "kubectl label --overwrite secret named -n {namespace} fooddelivery.dev/shared-with=platforms"
        );
        for told in [told(&row, &platform, &observed), ready(&platform, &observed)] {
            assert!(told.starts_with("True") && told.contains(&command), "{told}");
        }
        assert!(unwatched(&observed), "read again after a while");
    }
}

#[test]
fn where_labels_are_insisted_on_an_unlabelled_secret_is_not_given_to_pods() {
    for row in rows() {
        let (platform, mut observed) = running(&row, ReferencedSecrets::Labelled);
        let mut unlabelled = full(&row, "new");
        unlabelled.unlabelled = true;
        observed.referenced.insert(row.key.to_owned(), unlabelled);
        assert_eq!(
            touched(&platform, &observed),
            Vec::<String>::new(),
            "what runs stays"
        );
        let told = told(&row, &platform, &observed);
        assert!(told.starts_with("False SecretNotShared: Secret named"), "{told}");
        assert!(
            told.contains("kubectl label --overwrite secret named -n "),
            "{told}"
        );
        nothing_names_it(&row, &platform, &observed);
    }
}

#[test]
fn what_was_generated_for_another_platform_is_given_to_no_pod() {
    for row in rows() {
        for mode in [ReferencedSecrets::Any, ReferencedSecrets::Labelled] {
            let (platform, mut observed) = running(&row, mode);
            let mut made = full(&row, "new");
            made.made_for = Some("rival".to_owned());
            observed.referenced.insert(row.key.to_owned(), made);
            let told = told(&row, &platform, &observed);
            assert!(told.starts_with("False SecretNotShared"), "{told}");
            assert!(told.contains("generated for platform rival"), "{told}");
            nothing_names_it(&row, &platform, &observed);
        }
    }
}

/// No object of a new platform names the Secret, whatever its kind.
fn nothing_names_it(row: &Row, platform: &Validated, observed: &Observed) {
    let new = Observed {
        apis: observed.apis.clone(),
        referenced: observed.referenced.clone(),
        ..Observed::default()
    };
    for planned in plan(platform, &new).objects {
        let text = planned.object.data.to_string();
        assert!(!text.contains("\"named\""), "{}: {}", row.field, planned.key());
    }
}

#[test]
fn a_secret_that_could_not_be_read_changes_nothing() {
    for row in rows() {
        let (platform, mut observed) = running(&row, ReferencedSecrets::Any);
        observed.referenced.clear();
        let touched = touched(&platform, &observed);
        let jobs = |key: &String| key.starts_with("Job ") && !is_try(key);
        assert!(touched.iter().all(jobs), "{}: {touched:?}", row.field);
    }
}

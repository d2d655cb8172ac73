//! Tests that a change of a data store destroys no data: the old store serves until the new one is ready, and is
//! deleted last.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod support;

use std::sync::Arc;

use fdp_crds::{ChangePhase, FormerStore, StoreStatus, condition};
use fdp_operator::{
    model::{
        apis::{Apis, Family, MetricsApi},
        assessment::Assessment,
        observed::Observed,
        referenced::Referenced,
        remembered::Remembered,
    },
    plan::{
        Plan,
        changes::changes,
        plan,
        secrets::{self, missing},
    },
    settings::Settings,
    spec::{CHANGE_STORE, Validated},
};
use k8s_openapi::{ByteString, api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde_json::{Value, json};
use support::{carry_out, remember, settle, write};

fn platform(spec: &Value, word: Option<&str>) -> Validated {
    let annotations = word.map_or(json!({}), |word| json!({ CHANGE_STORE: word }));
    support::platform(spec, &annotations, &Settings::default())
}

fn external() -> Value {
    json!({ "postgres": { "provider": "External", "secretRef": { "name": "rds" } } })
}

/// A cluster without objects of the platform.
fn empty() -> Observed {
    Observed {
        apis: Apis::all(),
        metrics: MetricsApi::Available,
        ..Observed::default()
    }
}

/// A cluster in which that platform is ready, with a stored status.
fn running(spec: &Value) -> Observed {
    let platform = platform(spec, None);
    let mut observed = empty();
    settle(&platform, &mut observed);
    observed
}

fn secret(keys: &[(&str, &str)]) -> Referenced {
    let value = |text: &str| ByteString(text.as_bytes().to_vec());
    Referenced::of(
        &keys
            .iter()
            .map(|(key, text)| ((*key).to_owned(), value(text)))
            .collect(),
    )
}

fn rds() -> Referenced {
    secret(&[
        ("host", "db.example.com"),
        ("port", "5432"),
        ("username", "a"),
        ("password", "b"),
    ])
}

/// The names of the Secrets that have to be read.
fn asks_for(platform: &Validated, observed: &Observed) -> Vec<String> {
    let asked = secrets::asks_for(platform, observed);
    asked.into_iter().map(|named| named.name).collect()
}

fn said(assessment: &Assessment, type_: &str) -> String {
    let condition = assessment.condition(type_).unwrap();
    let (status, reason) = (condition.status.as_str(), condition.reason.as_str());
    format!("{status} {reason}: {}", condition.message)
}

fn database(platform: &Validated, observed: &Observed) -> String {
    said(&plan(platform, observed).assessment, condition::DATABASE_READY)
}

/// Kind and name of all deleted objects, and of all written objects.
fn done(platform: &Validated, observed: &Observed) -> (Vec<String>, Vec<String>) {
    let plan = plan(platform, observed);
    let changes = changes(platform, &plan, &observed.children);
    let written = changes.generated.iter().chain(&changes.writes);
    (
        changes
            .deletions
            .iter()
            .map(|deletion| deletion.key.to_string())
            .collect(),
        written
            .map(|write| write.planned.key().to_string())
            .filter(|key| !key.starts_with("NetworkPolicy"))
            .map(|key| match key.find("-setup-") {
                Some(end) => key[..end + "-setup".len()].to_owned(),
                None => key,
            })
            .collect(),
    )
}

fn variable<'a>(plan: &'a Plan, deployment: &str, name: &str) -> Option<&'a Value> {
    let found = plan.objects.iter().find(|planned| {
        planned.resource.kind == "Deployment" && planned.object.metadata.name.as_deref() == Some(deployment)
    });
    let variables = found
        .unwrap()
        .object
        .data
        .pointer("/spec/template/spec/containers/0/env");
    let mut variables = variables.and_then(Value::as_array).unwrap().iter();
    variables.find(|variable| variable["name"] == name)
}

fn managed() -> StoreStatus {
    StoreStatus {
        provider: "Managed".to_owned(),
        image: Some("localhost/food-delivery/postgres:15".to_owned()),
        ..StoreStatus::default()
    }
}

#[test]
fn a_platform_that_is_up_remembers_its_stores() {
    let observed = running(&json!({}));
    let stores = &observed.remembered.stores;
    let provider = |store: &Option<StoreStatus>| store.as_ref().unwrap().provider.clone();
    assert_eq!(provider(&stores.postgres), "Managed");
    assert_eq!(provider(&stores.kafka), "Managed");
    assert_eq!(provider(&stores.mongodb), "None");
    let image = stores.postgres.as_ref().unwrap().image.as_deref().unwrap();
    assert!(image.ends_with("postgres:15"), "{image}");
    assert_eq!(done(&platform(&json!({}), None), &observed), (vec![], vec![]));
}

#[test]
fn an_external_store_without_its_secret_leaves_all_as_it_is() {
    let mut observed = running(&json!({}));
    let asked = platform(&external(), None);
    assert_eq!(asks_for(&asked, &observed), ["rds"]);
    observed
        .referenced
        .insert("rds".to_owned(), Referenced::default());
    assert!(missing(&asked, &observed));
    assert_eq!(done(&asked, &observed), (vec![], vec![]));
    let database = database(&asked, &observed);
    assert!(
        database.starts_with("False SecretMissing: Secret rds"),
        "{database}"
    );
    for part in [
        "is not in namespace food",
        "host, port, username, password",
        "Managed serves on",
    ] {
        assert!(database.contains(part), "{part}: {database}");
    }
    let half = secret(&[("host", "db.example.com"), ("port", "5432"), ("username", "")]);
    observed.referenced.insert("rds".to_owned(), half);
    let database = self::database(&asked, &observed);
    assert!(database.contains("lacks username, password"), "{database}");
    assert_eq!(done(&asked, &observed), (vec![], vec![]));
}

#[test]
fn a_new_store_is_set_up_while_the_old_one_serves_and_waits_for_a_second_word() {
    let mut observed = running(&json!({}));
    let asked = platform(&external(), None);
    observed.referenced.insert("rds".to_owned(), rds());
    assert_eq!(
        done(&asked, &observed),
        (vec![], vec!["Job shop-setup".to_owned()])
    );
    let database = self::database(&asked, &observed);
    assert!(
        database.starts_with("False Waiting: postgres: External/rds is being set up: Job shop-setup"),
        "{database}"
    );
    assert!(database.ends_with("; until then Managed serves on"), "{database}");
    carry_out(&asked, &mut observed);
    assert_eq!(done(&asked, &observed), (vec![], vec![]));
    let assessment = plan(&asked, &observed).assessment;
    let database = said(&assessment, condition::DATABASE_READY);
    for part in [
        "False StoreChangeUnconfirmed",
        "Managed serves on",
        "To go back",
        "To copy and compare what it holds, while orders are refused: kubectl annotate --overwrite fdp shop -n food \
         'fooddelivery.dev/change-store=postgres=External/rds:copy'",
        "kubectl annotate --overwrite fdp shop -n food 'fooddelivery.dev/change-store=postgres=External/rds'",
    ] {
        assert!(database.contains(part), "{part}: {database}");
    }
    assert!(said(&assessment, condition::STALLED).starts_with("True"));
    assert!(said(&assessment, condition::SERVICES_READY).starts_with("True"));
}

#[test]
fn the_second_word_says_what_becomes_of_the_data() {
    for (policy, fate) in [
        ("Retain", "what it holds would be left behind"),
        ("Delete", "what it holds would be deleted with it"),
    ] {
        let mut observed = running(&json!({ "deletionPolicy": policy }));
        observed.referenced.insert("rds".to_owned(), rds());
        let mut spec = external();
        spec["deletionPolicy"] = json!(policy);
        let asked = platform(&spec, None);
        carry_out(&asked, &mut observed);
        let database = database(&asked, &observed);
        assert!(database.contains(fate), "{fate}: {database}");
    }
}

#[test]
fn going_back_leaves_nothing_of_the_change() {
    let mut observed = running(&json!({}));
    observed.referenced.insert("rds".to_owned(), rds());
    let asked = platform(&external(), None);
    carry_out(&asked, &mut observed);
    let back = platform(&json!({}), None);
    let (deleted, written) = done(&back, &observed);
    assert!(
        deleted.iter().all(|key| key.starts_with("Job shop-setup")),
        "{deleted:?}"
    );
    assert_eq!(written, Vec::<String>::new());
    assert!(database(&back, &observed).starts_with("True"));
}

#[test]
fn a_confirmed_change_moves_the_services_and_deletes_the_old_store_last() {
    let mut observed = running(&json!({}));
    observed.referenced.insert("rds".to_owned(), rds());
    carry_out(&platform(&external(), None), &mut observed);
    let asked = platform(&external(), Some("postgres=External/rds"));
    let (deleted, written) = done(&asked, &observed);
    let jobs = |key: &String| key.starts_with("Job shop-setup");
    assert!(deleted.iter().all(jobs), "{deleted:?}");
    assert!(
        written.contains(&"Deployment shop-store".to_owned()),
        "{written:?}"
    );
    let pausing = plan(&asked, &observed);
    assert_eq!(variable(&pausing, "shop-pay", "DATABASE_HOST"), None);
    // No pod is left, so the status says where the services are from now on.
    carry_out(&asked, &mut observed);
    let postgres = observed.remembered.stores.postgres.clone().unwrap();
    let expected = StoreStatus {
        provider: "External".to_owned(),
        secret: Some("rds".to_owned()),
        prefix: Some("food_shop_".to_owned()),
        image: None,
        former: Some(FormerStore {
            provider: "Managed".to_owned(),
            ..FormerStore::default()
        }),
        change: postgres.change.clone(),
    };
    assert_eq!(postgres, expected);
    assert_eq!(postgres.change.unwrap().phase, ChangePhase::Resuming);
    let moving = plan(&asked, &observed);
    let host = variable(&moving, "shop-pay", "DATABASE_HOST").unwrap();
    assert_eq!(host["valueFrom"]["secretKeyRef"]["name"], "rds");
    write(&asked, &mut observed);

    // A terminating pod still uses the old store.
    let pod = Pod {
        metadata: ObjectMeta {
            labels: Some([("app.kubernetes.io/name".to_owned(), "pay".to_owned())].into()),
            ..ObjectMeta::default()
        },
        ..Pod::default()
    };
    observed.pods = vec![Arc::new(pod.clone()), Arc::new(pod)];
    carry_out(&asked, &mut observed);
    carry_out(&asked, &mut observed);
    assert!(observed.remembered.is_changing());
    assert_eq!(done(&asked, &observed), (vec![], vec![]), "kept");
    observed.pods.pop();
    remember(&asked, &mut observed);
    assert!(!observed.remembered.is_changing());
    let (deleted, _) = done(&asked, &observed);
    for gone in [
        "StatefulSet shop-postgres",
        "Service shop-postgres",
        "ConfigMap shop-postgres",
    ] {
        assert!(deleted.contains(&gone.to_owned()), "{gone}: {deleted:?}");
    }
    assert!(database(&asked, &observed).starts_with("True"));
    // The annotation from the last change confirms no other change.
    let back = platform(&json!({}), Some("postgres=External/rds"));
    carry_out(&asked, &mut observed);
    // The server first, and then its databases.
    for _ in 0..2 {
        carry_out(&back, &mut observed);
    }
    assert!(database(&back, &observed).contains("StoreChangeUnconfirmed"));
}

#[test]
fn a_suspended_platform_does_not_change_its_store() {
    let mut observed = running(&json!({}));
    observed.referenced.insert("rds".to_owned(), rds());
    carry_out(&platform(&external(), None), &mut observed);
    let mut spec = external();
    spec["suspend"] = json!(true);
    let asked = platform(&spec, Some("postgres=External/rds"));
    remember(&asked, &mut observed);
    let postgres = observed.remembered.stores.postgres.unwrap();
    assert_eq!((postgres.provider.as_str(), postgres.former), ("Managed", None));
}

#[test]
fn a_new_platform_takes_its_external_store_without_a_word_but_is_not_ready_before() {
    let asked = platform(&external(), None);
    let mut observed = empty();
    assert_eq!(asks_for(&asked, &observed), ["rds"]);
    observed
        .referenced
        .insert("rds".to_owned(), Referenced::default());
    assert!(database(&asked, &observed).starts_with("False SecretMissing: Secret rds"));
    observed.referenced.insert("rds".to_owned(), rds());
    let spoken = database(&asked, &observed);
    assert!(
        spoken.starts_with("False Waiting: postgres: nobody has spoken to the one of Secret rds yet: Job"),
        "{spoken}"
    );
    carry_out(&asked, &mut observed);
    assert!(database(&asked, &observed).starts_with("True"));
    assert_eq!(asks_for(&asked, &observed), ["rds"], "it may change");
}

#[test]
fn an_upgraded_platform_tells_its_stores_by_what_the_services_use() {
    let mut observed = running(&json!({}));
    observed.remembered = Remembered {
        served: true,
        ..Remembered::default()
    };
    observed
        .referenced
        .insert("rds".to_owned(), Referenced::default());
    let asked = platform(&external(), None);
    assert_eq!(done(&asked, &observed), (vec![], vec![]));
    remember(&asked, &mut observed);
    let postgres = observed.remembered.stores.postgres.unwrap();
    assert_eq!(postgres.provider, managed().provider);
}

#[test]
fn another_secret_of_the_same_server_needs_no_word() {
    let asked =
        |secret: &str| json!({ "postgres": { "provider": "External", "secretRef": { "name": secret } } });
    let mut observed = running(&asked("rds"));
    observed.referenced.insert("rds".to_owned(), rds());
    observed.referenced.insert("rotated".to_owned(), rds());
    let same = platform(&asked("rotated"), None);
    assert_eq!(asks_for(&same, &observed), ["rotated", "rds"]);
    carry_out(&same, &mut observed);
    let host = plan(&same, &observed);
    let host = variable(&host, "shop-pay", "DATABASE_HOST").unwrap();
    assert_eq!(host["valueFrom"]["secretKeyRef"]["name"], "rotated");
    let other = secret(&[
        ("host", "other.example.com"),
        ("port", "5432"),
        ("username", "a"),
        ("password", "b"),
    ]);
    observed.referenced.insert("other".to_owned(), other);
    let elsewhere = platform(&asked("other"), None);
    carry_out(&same, &mut observed);
    carry_out(&elsewhere, &mut observed);
    assert!(database(&elsewhere, &observed).contains("StoreChangeUnconfirmed"));
}

#[test]
fn a_program_that_is_missing_or_not_ready_takes_over_nothing() {
    let asked = platform(&json!({ "postgres": { "provider": "CloudNativePG" } }), None);
    let mut observed = running(&json!({}));
    observed.apis = Family::ALL
        .into_iter()
        .filter(|family| *family != Family::CloudNativePg)
        .flat_map(Family::kinds)
        .collect();
    assert_eq!(
        done(&asked, &observed),
        (vec![], vec!["Secret shop-postgres".to_owned()])
    );
    assert!(database(&asked, &observed).starts_with("False ApiMissing"));
    observed.apis = Apis::all();
    let (deleted, written) = done(&asked, &observed);
    assert_eq!(deleted, Vec::<String>::new());
    assert_eq!(written, ["Secret shop-postgres", "Cluster shop-postgres"]);
    let waiting = database(&asked, &observed);
    assert!(
        waiting.starts_with("False Waiting: Cluster shop-postgres: not created yet"),
        "{waiting}"
    );
    // The cluster first, then its databases, and then the confirmation.
    carry_out(&asked, &mut observed);
    let (_, written) = done(&asked, &observed);
    assert_eq!(written, ["Job shop-setup"]);
    carry_out(&asked, &mut observed);
    let unconfirmed = database(&asked, &observed);
    assert!(
        unconfirmed.contains("postgres=CloudNativePG:copy"),
        "{unconfirmed}"
    );
    let confirmed = platform(
        &json!({ "postgres": { "provider": "CloudNativePG" } }),
        Some("postgres=CloudNativePG"),
    );
    for _ in 0..5 {
        carry_out(&confirmed, &mut observed);
    }
    let (deleted, _) = done(&confirmed, &observed);
    assert_eq!(deleted, Vec::<String>::new(), "all done");
    assert!(
        observed
            .children
            .iter()
            .all(|(key, ..)| key.kind != "StatefulSet" || key.name != "shop-postgres")
    );
}

#[test]
fn kafka_and_mongodb_wait_just_as_well() {
    let cases = [
        (
            json!({}),
            json!({ "kafka": { "provider": "External", "secretRef": { "name": "msk" } } }),
            "msk",
            condition::KAFKA_READY,
            "StatefulSet shop-kafka",
        ),
        (
            json!({ "mongodb": { "provider": "Managed" } }),
            json!({ "mongodb": { "provider": "External", "secretRef": { "name": "atlas" } } }),
            "atlas",
            condition::DATABASE_READY,
            "StatefulSet shop-mongodb",
        ),
    ];
    for (old, new, name, type_, kept) in cases {
        let mut observed = running(&old);
        observed.referenced.insert(name.to_owned(), Referenced::default());
        let asked = platform(&new, None);
        assert_eq!(done(&asked, &observed), (vec![], vec![]), "{name}");
        let told = said(&plan(&asked, &observed).assessment, type_);
        assert!(told.starts_with("False SecretMissing"), "{told}");
        let filled = secret(&[
            ("brokers", "kafka:9092"),
            ("url", "mongodb://a:b@atlas.example.com/order?tls=true"),
        ]);
        observed.referenced.insert(name.to_owned(), filled);
        carry_out(&asked, &mut observed);
        let told = said(&plan(&asked, &observed).assessment, type_);
        assert!(told.starts_with("False StoreChangeUnconfirmed"), "{told}");
        assert!(observed.children.iter().any(|(key, ..)| key.to_string() == kept));
    }
}

#[test]
fn orders_do_not_move_to_a_mongodb_by_themselves() {
    let mut observed = running(&json!({}));
    let asked = platform(&json!({ "mongodb": { "provider": "Managed" } }), None);
    for _ in 0..2 {
        carry_out(&asked, &mut observed);
    }
    let order = plan(&asked, &observed);
    assert_eq!(variable(&order, "shop-order", "ORDER_STORE"), None);
    assert!(database(&asked, &observed).contains("mongodb: Managed could take over"));
}

#[test]
fn a_major_version_that_cannot_read_the_volume_does_not_replace_the_server() {
    let observed = running(&json!({}));
    let asked = |image: &str| platform(&json!({ "postgres": { "image": image } }), None);
    let newer = asked("registry.example.com/postgres:17");
    assert_eq!(done(&newer, &observed), (vec![], vec![]));
    let told = database(&newer, &observed);
    for part in [
        "False VersionRefused",
        "postgres:15 runs on",
        "spec.postgres.provider",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let (_, written) = done(&asked("registry.example.com/postgres:15.8"), &observed);
    assert_eq!(written, ["StatefulSet shop-postgres"]);
    let word = "postgres=registry.example.com/postgres:17";
    let spec = json!({ "postgres": { "image": "registry.example.com/postgres:17" } });
    let (_, written) = done(&platform(&spec, Some(word)), &observed);
    assert_eq!(written, ["StatefulSet shop-postgres"], "the volume was upgraded");
}

#[test]
fn a_server_that_a_bad_version_has_stopped_can_be_put_back() {
    let mut observed = running(&json!({ "postgres": { "image": "postgres:17" } }));
    observed.remembered.stores.postgres = Some(managed());
    let back = platform(&json!({ "postgres": { "image": "postgres:15" } }), None);
    let (_, written) = done(&back, &observed);
    assert_eq!(written, ["StatefulSet shop-postgres"]);
}

#[test]
fn elasticsearch_goes_one_major_version_up_and_none_down() {
    let logging = |version: &str| {
        platform(
            &json!({ "logging": { "provider": "Managed", "elasticsearch": { "version": version } } }),
            None,
        )
    };
    let observed = running(&json!({ "logging": { "provider": "Managed" } }));
    for (version, refused) in [
        ("8.18.0", true),
        ("8.19.5", false),
        ("9.0.0", false),
        ("10.0.0", true),
    ] {
        let asked = logging(version);
        let (_, written) = done(&asked, &observed);
        let replaced = written.contains(&"StatefulSet shop-elasticsearch".to_owned());
        assert_eq!(replaced, !refused, "{version}: {written:?}");
        let told = said(&plan(&asked, &observed).assessment, condition::LOGGING_READY);
        assert_eq!(told.contains("VersionRefused"), refused, "{version}: {told}");
    }
}

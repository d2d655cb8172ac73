//! Tests of the names that a platform has on servers that others use as well: new ones tell the namespace, those that are
//! there stay, and a clash is said.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod support;

use std::sync::Arc;

use fdp_crds::{FormerStore, StoreStatus, StoresStatus, condition};
use fdp_operator::{
    model::{apis::Apis, observed::Observed, referenced::Referenced, remembered::Remembered},
    plan::{Plan, plan, setup},
    settings::Settings,
    spec::{CHANGE_STORE, Validated},
};
use k8s_openapi::{ByteString, api::core::v1::Pod};
use kube::core::DynamicObject;
use serde_json::{Value, json};

fn platform(spec: &Value, word: Option<&str>) -> Validated {
    let annotations = word.map_or(json!({}), |word| json!({ CHANGE_STORE: word }));
    support::platform(spec, &annotations, &Settings::default())
}

/// Both stores at servers that are run elsewhere, with these prefixes or none.
fn external(topics: Option<&str>, databases: Option<&str>) -> Value {
    let store = |secret: &str, prefix: Option<&str>| {
        let mut store = json!({ "provider": "External", "secretRef": { "name": secret } });
        if let Some(prefix) = prefix {
            store["prefix"] = json!(prefix);
        }
        store
    };
    json!({ "kafka": store("msk", topics), "postgres": store("rds", databases) })
}

fn empty() -> Observed {
    let secret = |keys: &[(&str, &str)]| {
        let data = keys
            .iter()
            .map(|(key, text)| ((*key).to_owned(), ByteString(text.as_bytes().to_vec())));
        Referenced::of(&data.collect())
    };
    let rds = [
        ("host", "db"),
        ("port", "5432"),
        ("username", "a"),
        ("password", "b"),
    ];
    Observed {
        apis: Apis::all(),
        referenced: [
            ("rds".to_owned(), secret(&rds)),
            ("msk".to_owned(), secret(&[("brokers", "kafka:9092")])),
        ]
        .into(),
        ..Observed::default()
    }
}

/// A cluster whose platform serves from external stores that an operator without prefixes has set up.
fn upgraded() -> Observed {
    let store = |secret: &str| {
        Some(StoreStatus {
            provider: "External".to_owned(),
            secret: Some(secret.to_owned()),
            ..StoreStatus::default()
        })
    };
    Observed {
        remembered: Remembered {
            served: true,
            stores: StoresStatus {
                kafka: store("msk"),
                postgres: store("rds"),
                mongodb: None,
            },
            ..Remembered::default()
        },
        ..empty()
    }
}

/// A variable of the first container of a workload.
fn variable(plan: &Plan, kind: &str, start: &str, name: &str) -> Option<String> {
    let found = plan.objects.iter().find(|planned| {
        let object = planned.object.metadata.name.as_deref().unwrap_or_default();
        planned.resource.kind == kind && object.starts_with(start)
    });
    let data = &found.unwrap().object.data;
    let variables = data.pointer("/spec/template/spec/containers/0/env").unwrap();
    let mut variables = variables.as_array().unwrap().iter();
    let variable = variables.find(|variable| variable["name"] == name)?;
    Some(variable["value"].as_str().unwrap_or_default().to_owned())
}

/// The prefix of topics, and the user of the database of pay.
fn names(plan: &Plan) -> (Option<String>, String) {
    let url = variable(plan, "Deployment", "shop-pay", "DATABASE_URL").unwrap();
    let user = url
        .trim_start_matches("postgres://")
        .split(':')
        .next()
        .unwrap()
        .to_owned();
    (variable(plan, "Deployment", "shop-pay", "KAFKA_PREFIX"), user)
}

fn owned(topics: Option<&str>, user: &str) -> (Option<String>, String) {
    (topics.map(str::to_owned), user.to_owned())
}

fn said(plan: &Plan, type_: &str) -> String {
    let condition = plan.assessment.condition(type_).unwrap();
    let (status, reason) = (condition.status.as_str(), condition.reason.as_str());
    format!("{status} {reason}: {}", condition.message)
}

#[test]
fn a_new_platform_has_its_namespace_and_its_name_before_all_names() {
    let plan = plan(&platform(&external(None, None), None), &empty());
    assert_eq!(names(&plan), owned(Some("food.shop."), "food_shop_pay"));
    let setup = |name| variable(&plan, "Job", "shop-setup", name).unwrap();
    assert_eq!(setup("KAFKA_PREFIX"), "food.shop.");
    assert_eq!(setup("DATABASE_PREFIX"), "food_shop_");
    assert_eq!(
        (setup("OWNER"), setup("OWNER_UID")),
        ("food/shop".to_owned(), "1".to_owned())
    );
}

#[test]
fn a_given_prefix_is_used_as_it_is() {
    let plan = plan(&platform(&external(Some(""), Some("eu_")), None), &empty());
    assert_eq!(names(&plan), owned(None, "eu_pay"));
}

#[test]
fn servers_of_a_platforms_own_have_plain_names() {
    for spec in [
        json!({}),
        json!({ "kafka": { "provider": "Strimzi" }, "postgres": { "provider": "CloudNativePG" } }),
    ] {
        let plan = plan(&platform(&spec, None), &empty());
        assert_eq!(names(&plan), owned(None, "pay"));
        for name in ["KAFKA_PREFIX", "DATABASE_PREFIX", "OWNER", "OWNER_UID"] {
            assert_eq!(variable(&plan, "Job", "shop-setup", name), None, "{name}");
        }
    }
}

#[test]
fn a_platform_that_serves_keeps_the_names_that_it_has() {
    let plan = plan(&platform(&external(None, None), None), &upgraded());
    assert_eq!(names(&plan), owned(None, "shop_pay"));
    assert_eq!(
        said(&plan, condition::KAFKA_READY),
        "True Ready: Kafka takes connections"
    );
    let stores = plan.assessment.stores.unwrap();
    assert_eq!(stores.kafka.unwrap().prefix.as_deref(), Some(""));
    assert_eq!(stores.postgres.unwrap().prefix.as_deref(), Some("shop_"));
}

#[test]
fn names_stay_when_another_secret_leads_to_the_server() {
    let mut observed = upgraded();
    let same = observed.referenced["rds"].clone();
    observed.referenced.insert("rotated".to_owned(), same);
    let mut spec = external(None, None);
    spec["postgres"]["secretRef"]["name"] = json!("rotated");
    let plan = plan(&platform(&spec, None), &observed);
    assert_eq!(
        variable(&plan, "Job", "shop-setup", "DATABASE_PREFIX").unwrap(),
        "shop_"
    );
}

#[test]
fn a_platform_that_was_never_up_altogether_keeps_what_its_pods_use() {
    let asked = platform(&external(None, None), None);
    let mut observed = empty();
    let before = plan(&platform(&external(Some(""), Some("shop_")), None), &observed);
    for planned in before
        .objects
        .iter()
        .filter(|planned| planned.resource.kind == "Deployment")
    {
        let object = DynamicObject::clone(&planned.object);
        observed.children.insert(&planned.resource, Arc::new(object));
    }
    assert_eq!(names(&plan(&asked, &observed)), owned(None, "shop_pay"));
}

#[test]
fn the_way_back_to_a_store_that_is_left_has_its_names() {
    let mut observed = upgraded();
    observed.remembered.stores.postgres = Some(StoreStatus {
        provider: "Managed".to_owned(),
        former: Some(FormerStore {
            provider: "External".to_owned(),
            secret: Some("rds".to_owned()),
            prefix: None,
        }),
        ..StoreStatus::default()
    });
    let plan = plan(&platform(&external(None, None), None), &observed);
    assert_eq!(
        variable(&plan, "Job", "shop-setup", "DATABASE_PREFIX"),
        None,
        "it serves"
    );
    let coming = plan
        .objects
        .iter()
        .filter(|planned| planned.resource.kind == "Job");
    let coming = coming.map(|planned| planned.object.data.to_string());
    assert!(coming.into_iter().any(|job| job.contains("\"shop_\"")));
}

#[test]
fn another_prefix_is_another_store_and_needs_the_second_word() {
    let asked = external(Some("food.shop."), Some("food_shop_"));
    let mut observed = upgraded();
    let job = setup::job_name(&platform(&asked, None), &observed);
    let planned = plan(&platform(&asked, None), &observed);
    assert_eq!(names(&planned), owned(None, "shop_pay"), "the old ones serve");
    let job = planned
        .objects
        .iter()
        .find(|planned| planned.key().name == job)
        .unwrap();
    let mut done = DynamicObject::clone(&job.object);
    done.data["status"] = json!({ "conditions": [{ "type": "Complete", "status": "True" }] });
    observed.children.insert(&job.resource, Arc::new(done));
    let waits = plan(&platform(&asked, None), &observed);
    let told = said(&waits, condition::DATABASE_READY);
    for part in [
        "False StoreChangeUnconfirmed: postgres: External/rds/food_shop_ could take over",
        "so External/rds/shop_ serves on",
        "'fooddelivery.dev/change-store=postgres=External/rds/food_shop_:copy'",
        "'fooddelivery.dev/change-store=postgres=External/rds/food_shop_'",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // A word that once confirmed the server does not confirm the prefix.
    let stale = plan(&platform(&asked, Some("postgres=External/rds")), &observed);
    assert_eq!(names(&stale).1, "shop_pay");
    let word = "postgres=External/rds/food_shop_,kafka=External/msk/food.shop.";
    let moves = plan(&platform(&asked, Some(word)), &observed);
    for condition in [condition::DATABASE_READY, condition::KAFKA_READY] {
        let told = said(&moves, condition);
        assert!(told.starts_with("False StoreChanging"), "{told}");
    }
}

#[test]
fn names_of_another_platform_are_a_clash_that_says_whose_they_are() {
    let asked = platform(&external(None, None), None);
    let mut observed = empty();
    let job = setup::job_name(&asked, &observed);
    let words = "StoreClash postgres: the role 'food_shop_order' belongs to the platform fast/shop";
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": "p", "labels": {
            "app.kubernetes.io/name": "setup", "batch.kubernetes.io/job-name": job } },
        "status": { "phase": "Running", "containerStatuses": [{
            "name": "setup", "image": "setup", "imageID": "", "ready": false, "restartCount": 1,
            "state": { "waiting": { "reason": "CrashLoopBackOff" } },
            "lastState": { "terminated": { "exitCode": 1, "message": words } } }] },
    }))
    .unwrap();
    observed.pods = vec![Arc::new(pod)];
    let plan = plan(&asked, &observed);
    for type_ in [condition::SETUP_COMPLETE, condition::DATABASE_READY] {
        let told = said(&plan, type_);
        let start =
            "False StoreClash: postgres: the role 'food_shop_order' belongs to the platform fast/shop";
        assert!(told.starts_with(start), "{told}");
    }
    assert!(said(&plan, condition::STALLED).starts_with("True PartFailed"));
    let kafka = said(&plan, condition::KAFKA_READY);
    assert!(kafka.starts_with("False Waiting"), "{kafka}");
}

#[test]
fn platforms_that_share_topics_without_a_prefix_are_told_of_each_other() {
    let asked = platform(&external(None, None), None);
    let mut observed = upgraded();
    let before = plan(&asked, &observed);
    let setup = |name| variable(&before, "Job", "shop-setup", name);
    assert_eq!(setup("KAFKA_PREFIX"), None);
    assert_eq!(
        (setup("OWNER").as_deref(), setup("MARK_TOPICS").as_deref()),
        (Some("food/shop"), Some("true"))
    );
    let mut objects = before.objects.iter();
    let job = objects.find(|planned| planned.resource.kind == "Job").unwrap();
    let name = job.key().name;
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": "p", "labels": {
            "app.kubernetes.io/name": "setup", "batch.kubernetes.io/job-name": name } },
        "status": { "phase": "Succeeded", "containerStatuses": [{
            "name": "setup", "image": "setup", "imageID": "", "ready": false, "restartCount": 0,
            "state": { "terminated": { "exitCode": 0, "message": "StoreShared kafka: fast/shop" } } }] },
    }))
    .unwrap();
    observed.pods = vec![Arc::new(pod)];
    let told = said(&plan(&asked, &observed), condition::KAFKA_READY);
    for part in [
        "True Ready: Kafka takes connections; platform fast/shop has the same topics",
        "Secret msk",
        "spec.kafka.prefix",
        "delete the topic fooddelivery.owner, and then Job shop-setup-",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // With a prefix there is no such tolerance.
    let own = plan(&platform(&external(Some("shop."), None), None), &empty());
    assert_eq!(variable(&own, "Job", "shop-setup", "MARK_TOPICS"), None);
}

#[test]
fn an_extension_is_told_the_real_names_of_topics_and_group() {
    let mut spec = external(None, None);
    spec["extensions"] =
        json!([{ "name": "coupons", "image": "coupons:1", "port": 8090, "subscribes": ["order"] }]);
    let plan = plan(&platform(&spec, None), &empty());
    for (name, value) in [
        ("KAFKA_TOPICS", "food.shop.fooddelivery.order"),
        ("KAFKA_GROUP", "food.shop.coupons"),
        ("KAFKA_PREFIX", "food.shop."),
    ] {
        let told = variable(&plan, "Deployment", "shop-coupons", name);
        assert_eq!(told.as_deref(), Some(value), "{name}");
    }
}

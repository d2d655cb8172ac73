//! Tests what `fdp diff` reports about a cluster, and that it writes nothing there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail the test"
)]

mod scripted;

use std::collections::BTreeMap;

use fdp_catalogue::Service;
use fdp_operator::{
    cli::{
        diff::{
            DiffError, diff,
            report::{Entry, Outcome, Report},
            text::text,
        },
        paint::Paint,
        render::platforms,
    },
    model::{
        apis::Family,
        observed::{Credentials, Observed},
    },
    plan,
    settings::Settings,
    spec::Validated,
};
use kube::ResourceExt;
use scripted::{Call, Calls, Reply, document, failure, list};
use serde_json::{Value, json};

/// All objects of the cluster, by API path.
type Objects = BTreeMap<String, Value>;

/// A platform with two services, so that its report stays readable.
const SMALL: &str = "
  services:
    gateway: {}
    pay: {}
    order: {enabled: false}
    store: {enabled: false}
    delivery: {enabled: false}
    inventory: {enabled: false}
    customer: {enabled: false}
    marketing: {enabled: false}
    frontend: {enabled: false}
";
const SHOP: &str = "/apis/fooddelivery.dev/v1alpha1/namespaces/food/fooddeliveryplatforms/shop";
const PAY: &str = "/apis/apps/v1/namespaces/food/deployments/shop-pay";
const PASSWORDS: &str = "/api/v1/namespaces/food/secrets/shop-databases";

fn file(spec: &str) -> String {
    format!(
        "apiVersion: fooddelivery.dev/v1alpha1\nkind: FoodDeliveryPlatform\n\
         metadata: {{name: shop, namespace: food}}\nspec:{spec}"
    )
}

fn settings() -> Settings {
    Settings {
        image_tag: "1.0.0".to_owned(),
        ..Settings::default()
    }
}

/// The cluster's objects after the operator has reconciled a platform with that specification.
fn settled(spec: &str) -> Objects {
    let mut platform = platforms(&file(spec)).unwrap().remove(0);
    platform.metadata.uid = Some("uid-of-shop".to_owned());
    let observed = Observed {
        credentials: Credentials {
            postgres: "hunter2".to_owned(),
            mongodb: String::new(),
            databases: Service::with_database()
                .map(|service| (service.name().to_owned(), "hunter3".to_owned()))
                .collect(),
            ..Credentials::default()
        },
        ..Observed::default()
    };
    let plan = plan::plan(&Validated::new(&platform, &settings()).unwrap(), &observed);
    let mut objects: Objects = plan
        .objects
        .iter()
        .map(|planned| {
            let kind = &planned.resource;
            let prefix = if kind.group.is_empty() { "/api" } else { "/apis" };
            let path = format!(
                "{prefix}/{}/namespaces/food/{}/{}",
                kind.api_version,
                kind.plural,
                planned.object.name_any()
            );
            (path, serde_json::to_value(&*planned.object).unwrap())
        })
        .collect();
    objects.insert(SHOP.to_owned(), serde_json::to_value(&platform).unwrap());
    objects
}

/// Responds as an API server that stores these objects.
fn answer(objects: &Objects, call: &Call) -> Reply {
    if let Some(object) = objects.get(&call.path)
        && call.method == "GET"
    {
        return document(200, object);
    }
    match call.method.as_str() {
        "PATCH" => {
            let mut object = objects.get(&call.path).cloned().unwrap_or_else(|| json!({}));
            apply(&mut object, call.body.clone());
            document(200, &object)
        }
        "GET" if call.query.contains("labelSelector") => {
            let is_listed = |path: &str| {
                path.strip_prefix(&call.path)
                    .is_some_and(|rest| rest.starts_with('/'))
            };
            let items: Vec<Value> = objects
                .iter()
                .filter(|(path, object)| is_listed(path) && object["metadata"]["labels"].is_object())
                .map(|(_, object)| {
                    let mut item = object.clone();
                    // Items of a list have no kind and no API version; only the list has them.
                    item.as_object_mut().unwrap().remove("kind");
                    item.as_object_mut().unwrap().remove("apiVersion");
                    item
                })
                .collect();
            list(&items)
        }
        "GET" => failure(404, "NotFound", "not found"),
        other => panic!("nobody expects {other} {}", call.path),
    }
}

/// Close enough to server-side apply with a single owner: fields are replaced, and an omitted number of replicas falls
/// back to its default.
fn apply(object: &mut Value, sent: Value) {
    let replicas_left_out = sent["kind"] == "Deployment" && sent["spec"]["replicas"].is_null();
    merge(object, sent);
    if replicas_left_out {
        object["spec"]["replicas"] = json!(1);
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Compares with a cluster that responds in this way; fails if a call could write.
async fn compare(
    spec: &str,
    answer: impl FnMut(&Call) -> Reply + Send + 'static,
) -> (Result<Report, DiffError>, Calls) {
    let (client, calls) = scripted::client(answer);
    let platform = platforms(&file(spec)).unwrap().remove(0);
    let report = Box::pin(diff(&client, platform, &settings())).await;
    for call in calls.all() {
        assert!(
            call.method == "GET" || call.query.split('&').any(|pair| pair == "dryRun=All"),
            "{call:?}"
        );
    }
    (report, calls)
}

async fn compare_with(spec: &str, objects: Objects) -> Report {
    compare(spec, move |call| answer(&objects, call)).await.0.unwrap()
}

fn outcome<'a>(report: &'a Report, kind: &str, name: &str) -> Option<&'a Outcome> {
    report
        .entries
        .iter()
        .find(|entry| entry.object.kind == kind && entry.object.name == name)
        .map(|entry| &entry.outcome)
}

fn dry_runs(calls: &Calls) -> Vec<Call> {
    calls
        .all()
        .into_iter()
        .filter(|call| call.method == "PATCH")
        .collect()
}

#[tokio::test]
async fn a_settled_platform_shows_no_difference_and_is_only_read() {
    let objects = settled(SMALL);
    let (report, calls) = compare(SMALL, move |call| answer(&objects, call)).await;
    let report = report.unwrap();
    assert_eq!((report.exit_code(), dry_runs(&calls).len()), (0, 0));
    assert!(
        text(&report, Paint::PLAIN).starts_with("FoodDeliveryPlatform food/shop: no difference"),
        "{}",
        text(&report, Paint::PLAIN)
    );
}

#[tokio::test]
async fn a_new_version_shows_what_changes_and_calls_the_api_only_for_that() {
    let objects = settled(SMALL);
    let newer = format!("\n  image: {{tag: 1.1.0}}{SMALL}");
    let (report, calls) = compare(&newer, move |call| answer(&objects, call)).await;
    let report = report.unwrap();
    let shown = text(&report, Paint::PLAIN);
    assert!(
        shown.contains(
            "~ Deployment shop-pay: pods are replaced: image localhost/food-delivery/pay:1.0.0 becomes \
             localhost/food-delivery/pay:1.1.0\n    spec.template.spec.containers[pay].image\n\
             -     localhost/food-delivery/pay:1.0.0\n+     localhost/food-delivery/pay:1.1.0\n"
        ),
        "{shown}"
    );
    assert_eq!(report.exit_code(), 1);
    // Two services, and the setup Job, whose name depends on its image.
    let asked: Vec<String> = dry_runs(&calls)
        .iter()
        .map(|call| call.body["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        asked.iter().filter(|kind| *kind == "Deployment").count(),
        2,
        "{asked:?}"
    );
    assert_eq!(asked.iter().filter(|kind| *kind == "Job").count(), 1, "{asked:?}");
    assert!(dry_runs(&calls).iter().all(|call| {
        call.query.contains("fieldManager=fdp-operator") && call.query.contains("force=true")
    }));
    // The former Job is deleted.
    let deleted = |outcome: &Outcome| matches!(outcome, Outcome::Deleted);
    assert_eq!(report.count(deleted), 1);
    assert!(shown.contains("\n- Job shop-setup-"), "{shown}");
}

#[tokio::test]
async fn a_platform_that_is_new_to_the_cluster_is_created_as_a_whole() {
    let report = compare_with(SMALL, Objects::new()).await;
    assert_eq!(
        report.count(|outcome| *outcome == Outcome::Created),
        report.entries.len()
    );
    assert_eq!(report.notes, ["it is not in the cluster yet"]);
    assert_eq!(report.exit_code(), 1);
}

#[tokio::test]
async fn a_cluster_without_the_definition_of_platforms_is_no_obstacle() {
    let (report, _) = compare(SMALL, |call| {
        if call.path.contains("fooddelivery.dev") {
            return Reply::Now(http::StatusCode::NOT_FOUND, b"404 page not found\n".to_vec());
        }
        answer(&Objects::new(), call)
    })
    .await;
    assert_eq!(report.unwrap().notes, ["it is not in the cluster yet"]);
}

#[tokio::test]
async fn a_field_changed_by_others_is_shown_as_it_would_be_restored() {
    let mut objects = settled(SMALL);
    objects.get_mut(PAY).unwrap()["spec"]["template"]["spec"]["containers"][0]["image"] = json!("pay:hacked");
    let shown = text(&compare_with(SMALL, objects).await, Paint::PLAIN);
    assert!(
        shown.contains("-     pay:hacked\n+     localhost/food-delivery/pay:1.0.0\n"),
        "{shown}"
    );
}

#[tokio::test]
async fn passwords_in_the_cluster_are_used_and_never_printed() {
    let mut objects = settled(SMALL);
    objects.get_mut(PASSWORDS).unwrap()["data"]["pay"] = json!("");
    let report = compare_with(SMALL, objects).await;
    let shown = format!("{}{report:?}", text(&report, Paint::PLAIN));
    assert!(
        shown.contains("    data.pay\n-     (hidden)\n+     (hidden)\n"),
        "{shown}"
    );
    let pay = outcome(&report, "Deployment", "shop-pay");
    assert!(
        matches!(pay, Some(Outcome::Changed { rollout: Some(reason), .. }) if reason.contains("password")),
        "{pay:?}"
    );
    for password in ["aHVudGVyMg", "aHVudGVyMw", "hunter", "generated"] {
        assert!(!shown.contains(password), "{password} in {shown}");
    }
}

#[tokio::test]
async fn without_the_right_to_read_passwords_everything_else_is_compared() {
    let objects = settled(SMALL);
    let (report, calls) = compare(SMALL, move |call| {
        if call.path.contains("/secrets") {
            return failure(403, "Forbidden", "ann may not read secrets");
        }
        answer(&objects, call)
    })
    .await;
    let report = report.unwrap();
    let shown = text(&report, Paint::PLAIN);
    assert_eq!(report.exit_code(), 0, "{shown}");
    assert_eq!(
        outcome(&report, "Secret", "shop-postgres"),
        Some(&Outcome::NotCompared)
    );
    assert!(shown.contains("ann may not read secrets"), "{shown}");
    assert_eq!(
        dry_runs(&calls).len(),
        0,
        "what is made of made-up passwords is not sent"
    );
}

#[tokio::test]
async fn what_is_not_planned_any_more_is_deleted_if_it_belongs_to_the_platform() {
    let mut objects = settled(SMALL);
    let mut left_over = objects[PAY].clone();
    left_over["metadata"]["name"] = json!("shop-old");
    objects.insert(PAY.replace("shop-pay", "shop-old"), left_over.clone());
    left_over["metadata"]["name"] = json!("shop-by-hand");
    left_over["metadata"]["ownerReferences"] = Value::Null;
    objects.insert(PAY.replace("shop-pay", "shop-by-hand"), left_over);
    let report = compare_with(SMALL, objects).await;
    assert_eq!(
        outcome(&report, "Deployment", "shop-old"),
        Some(&Outcome::Deleted)
    );
    assert_eq!(outcome(&report, "Deployment", "shop-by-hand"), None);
}

#[tokio::test]
async fn an_object_that_lost_its_label_is_changed_and_not_created() {
    let mut objects = settled(SMALL);
    objects.get_mut(PAY).unwrap()["metadata"]["labels"] = Value::Null;
    let report = compare_with(SMALL, objects).await;
    let pay = outcome(&report, "Deployment", "shop-pay");
    assert!(matches!(pay, Some(Outcome::Changed { .. })), "{pay:?}");
}

#[tokio::test]
async fn an_object_of_another_owner_is_not_adopted() {
    let mut objects = settled(SMALL);
    objects.get_mut(PAY).unwrap()["metadata"] = json!({ "name": "shop-pay", "namespace": "food" });
    let (report, calls) = compare(SMALL, move |call| answer(&objects, call)).await;
    let report = report.unwrap();
    let pay = outcome(&report, "Deployment", "shop-pay");
    assert!(
        matches!(pay, Some(Outcome::Refused(why)) if why.contains("fooddelivery.dev/adopt")),
        "{pay:?}"
    );
    assert_eq!((report.exit_code(), dry_runs(&calls).len()), (2, 0));
}

#[tokio::test]
async fn an_object_that_is_being_deleted_is_waited_for() {
    let mut objects = settled(SMALL);
    objects.get_mut(PAY).unwrap()["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let report = compare_with(SMALL, objects).await;
    assert_eq!(
        outcome(&report, "Deployment", "shop-pay"),
        Some(&Outcome::Replaced)
    );
}

#[tokio::test]
async fn replicas_that_pass_to_an_autoscaler_do_not_seem_to_fall_to_one() {
    let fixed = SMALL.replace("pay: {}", "pay: {replicas: 3}");
    let scaled = SMALL.replace("pay: {}", "pay: {autoscaling: {min: 3, max: 5}}");
    let report = compare_with(&scaled, settled(&fixed)).await;
    let Some(Outcome::Changed { fields, .. }) = outcome(&report, "Deployment", "shop-pay") else {
        panic!("{report:?}");
    };
    let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["metadata.annotations[fooddelivery.dev/scaled-by]"]);
    assert_eq!(
        outcome(&report, "HorizontalPodAutoscaler", "shop-pay"),
        Some(&Outcome::Created)
    );
}

#[tokio::test]
async fn a_refused_write_is_shown_with_the_words_of_the_server() {
    let mut objects = settled(SMALL);
    objects.get_mut(PAY).unwrap()["spec"]["revisionHistoryLimit"] = json!(7);
    let (report, _) = compare(SMALL, move |call| {
        if call.method == "PATCH" {
            return failure(422, "Invalid", "spec.selector: field is immutable");
        }
        answer(&objects, call)
    })
    .await;
    let report = report.unwrap();
    assert_eq!(report.exit_code(), 2);
    assert!(
        text(&report, Paint::PLAIN)
            .contains("! Deployment shop-pay: refused: spec.selector: field is immutable\n"),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_namespace_that_is_not_there_is_named_with_its_cure() {
    let (report, _) = compare(SMALL, |call| {
        if call.method == "PATCH" {
            return document(
                404,
                &json!({ "kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound",
                    "message": "namespaces \"food\" not found", "details": { "name": "food", "kind": "namespaces" } }),
            );
        }
        answer(&Objects::new(), call)
    })
    .await;
    assert_eq!(
        report.unwrap_err().to_string(),
        "there is no namespace food; create it: kubectl create namespace food"
    );
}

#[tokio::test]
async fn a_suspended_platform_says_that_nothing_is_written() {
    let report = compare_with(&format!("\n  suspend: true{SMALL}"), Objects::new()).await;
    assert_eq!(
        report.notes,
        [
            "it is not in the cluster yet",
            "spec.suspend is true: the operator writes nothing of this until it is false"
        ]
    );
}

#[tokio::test]
async fn a_program_that_is_not_in_the_cluster_is_said_to_be_missing() {
    let report = compare_with(&format!("\n  mesh: {{provider: Istio}}{SMALL}"), Objects::new()).await;
    let missing = |note: &String| note.starts_with("Istio is not in the cluster");
    assert!(report.notes.iter().any(missing), "{:?}", report.notes);
    let of_istio = |entry: &&Entry| entry.object.kind == "VirtualService";
    assert_eq!(report.entries.iter().find(of_istio), None);
}

/// Responds as an API server that serves Istio's kinds.
fn with_istio(call: &Call) -> Option<Reply> {
    let kinds: Vec<Value> = Family::Istio
        .kinds()
        .into_iter()
        .filter(|kind| call.path == format!("/apis/{}", kind.api_version))
        .map(|kind| json!({ "name": kind.plural, "kind": kind.kind, "namespaced": true, "singularName": "", "verbs": [] }))
        .collect();
    let list = json!({ "kind": "APIResourceList", "groupVersion": "v", "resources": kinds });
    (!kinds.is_empty()).then(|| document(200, &list))
}

#[tokio::test]
async fn a_program_that_is_in_the_cluster_is_planned_with() {
    let spec = format!("\n  mesh: {{provider: Istio}}{SMALL}");
    let (report, _) = compare(&spec, |call| {
        with_istio(call).unwrap_or_else(|| answer(&Objects::new(), call))
    })
    .await;
    let report = report.unwrap();
    let created = |entry: &Entry| entry.object.kind == "VirtualService" && entry.outcome == Outcome::Created;
    assert!(report.entries.iter().any(created), "{report:?}");
    assert_eq!(report.notes, ["it is not in the cluster yet"]);
}

const PLATFORMS: &str = "/apis/fooddelivery.dev/v1alpha1/fooddeliveryplatforms";

#[tokio::test]
async fn a_host_of_another_platform_is_taken_as_the_operator_would_say() {
    let spec = format!("\n  mesh: {{provider: Istio}}\n  gateway: {{hosts: [eat.example.com]}}{SMALL}");
    let other = json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "fast", "creationTimestamp": "2026-01-01T00:00:00Z" },
        "spec": { "mesh": { "provider": "Istio" }, "gateway": { "hosts": ["Eat.example.com"] } },
    });
    let unreadable = json!({ "metadata": { "name": "odd", "namespace": "fast" }, "spec": { "mesh": 7 } });
    let (report, _) = compare(&spec, move |call| {
        if call.path == PLATFORMS {
            return list(&[unreadable.clone(), other.clone()]);
        }
        with_istio(call).unwrap_or_else(|| answer(&Objects::new(), call))
    })
    .await;
    let report = report.unwrap();
    assert_eq!(outcome(&report, "Gateway", "shop-gateway"), None, "{report:?}");
    let taken = |note: &String| {
        note.contains("host eat.example.com") && note.contains("belongs to the platform fast/shop")
    };
    assert!(report.notes.iter().any(taken), "{:?}", report.notes);
}

#[tokio::test]
async fn who_may_not_list_platforms_hears_that_hosts_are_not_looked_at() {
    let spec = format!("\n  mesh: {{provider: Istio}}{SMALL}");
    let (report, _) = compare(&spec, |call| {
        if call.path == PLATFORMS {
            return failure(403, "Forbidden", "ann may not list platforms");
        }
        with_istio(call).unwrap_or_else(|| answer(&Objects::new(), call))
    })
    .await;
    let report = report.unwrap();
    assert!(
        outcome(&report, "Gateway", "shop-gateway").is_some(),
        "{report:?}"
    );
    let told = |note: &String| note.contains("ann may not list platforms");
    assert!(report.notes.iter().any(told), "{:?}", report.notes);
}

#[tokio::test]
async fn a_change_that_the_schema_forbids_is_rejected_before_comparing() {
    let objects = settled(SMALL);
    let larger = format!("\n  kafka: {{storage: {{size: 5Gi}}}}{SMALL}");
    let (report, calls) = compare(&larger, move |call| answer(&objects, call)).await;
    let error = report.unwrap_err().to_string();
    assert!(
        error.contains("kafka.storage.size cannot be changed while the operator runs it"),
        "{error}"
    );
    assert_eq!(dry_runs(&calls).len(), 0);
}

#[tokio::test]
async fn a_forbidden_list_has_the_message_of_the_server() {
    let (report, _) = compare(SMALL, |call| {
        if call.path.ends_with("/deployments") {
            return failure(403, "Forbidden", "ann may not list deployments");
        }
        answer(&Objects::new(), call)
    })
    .await;
    assert_eq!(
        report.unwrap_err().to_string(),
        "list the deployments in namespace food: not allowed: ann may not list deployments; \
         ask those who run the cluster for that permission"
    );
}

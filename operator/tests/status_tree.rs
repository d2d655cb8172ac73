//! Tests what `fdp status` prints, and which calls it makes.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod scripted;

use fdp_operator::cli::{
    paint::Paint,
    status::{
        StatusError, all_ready,
        command::{Form, Printer, follow, show_once},
        json::{json, pretty_json},
        list::Selection,
        shown::Shown,
        tree::tree,
    },
};
use k8s_openapi::jiff::Timestamp;
use kube::core::DynamicObject;
use scripted::{Call, Calls, Reply, failure, list};
use serde_json::{Value, json};

const FOOD: &str = "/apis/fooddelivery.dev/v1alpha1/namespaces/food/fooddeliveryplatforms";
const DRILLS: &str = "/apis/fooddelivery.dev/v1alpha1/namespaces/food/resiliencedrills";
const EVERYWHERE: &str = "/apis/fooddelivery.dev/v1alpha1/fooddeliveryplatforms";
const PLAIN: Form = Form::Tree {
    paint: Paint::PLAIN,
    clears: false,
};

fn condition(type_: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": type_, "status": status, "reason": reason, "message": message, "observedGeneration": 3,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    })
}

fn service(name: &str, tag: &str, ready: i32, desired: i32) -> Value {
    json!({
        "name": name, "image": format!("localhost/food-delivery/{name}:{tag}"), "ready": ready, "desired": desired,
    })
}

fn rolled_out(name: &str, replicas: i32) -> Value {
    let mut service = service(name, "1.2", replicas, replicas);
    service["version"] = json!("1.2");
    service
}

fn platform(spec: &Value, status: Value) -> Value {
    let mut platform = json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": "food", "generation": 3, "resourceVersion": "7" },
        "spec": spec,
    });
    platform["status"] = status;
    platform
}

fn ready() -> Value {
    platform(
        &json!({}),
        json!({
            "observedGeneration": 3, "version": "1.2", "url": "http://shop.example.com",
            "conditions": [
                condition("Ready", "True", "PlatformReady", "everything is up"),
                condition("Reconciling", "False", "Finished", "nothing is left to do"),
                condition("Stalled", "False", "NotStalled", "nothing needs somebody to step in"),
                condition("KafkaReady", "True", "Ready", "Kafka takes connections"),
                condition("DatabaseReady", "True", "Ready", "the databases take connections"),
                condition("SetupComplete", "True", "Ready", "databases, roles and topics are made"),
                condition("ServicesReady", "True", "Ready", "all 3 services are ready"),
            ],
            "services": [rolled_out("gateway", 1), rolled_out("order", 10), rolled_out("marketing", 0)],
        }),
    )
}

fn rolling_out() -> Value {
    let why = "Deployment shop-order: 0 of 1 ready: Pod shop-order-1: ImagePullBackOff";
    platform(
        &json!({}),
        json!({
            "observedGeneration": 3, "version": "1.1", "url": "pending",
            "conditions": [
                condition("Ready", "False", "ServicesNotReady", why),
                condition("Reconciling", "True", "Progressing", why),
                condition("Stalled", "False", "NotStalled", "nothing needs somebody to step in"),
                condition("KafkaReady", "True", "Ready", "Kafka takes connections"),
                condition("DatabaseReady", "True", "Ready", "the databases take connections"),
                condition("SetupComplete", "True", "Ready", "databases, roles and topics are made"),
                condition("ServicesReady", "False", "Waiting", why),
                condition("AutoscalingReady", "False", "MetricsMissing", "install metrics-server"),
            ],
            "services": [rolled_out("gateway", 1), service("order", "1.2", 0, 1)],
        }),
    )
}

fn stalled() -> Value {
    platform(
        &json!({}),
        json!({
            "observedGeneration": 3,
            "conditions": [
                condition("Ready", "False", "InvalidSpec", "services.order.resources.cpu: `1 cup` is no\nquantity"),
                condition("Reconciling", "False", "InvalidSpec", "waits for a change of the specification"),
                condition("Stalled", "True", "InvalidSpec", "services.order.resources.cpu: `1 cup` is no\nquantity"),
                condition("KafkaReady", "Unknown", "InvalidSpec", "not looked at"),
                condition("ServicesReady", "Unknown", "InvalidSpec", "not looked at"),
            ],
        }),
    )
}

fn suspended() -> Value {
    let why = "suspended; when resumed, these change: Deployment shop-order";
    platform(
        &json!({ "suspend": true, "a field": "that nobody knows" }),
        json!({
            "observedGeneration": 3, "version": "1.2",
            "conditions": [
                condition("Ready", "False", "Suspended", why),
                condition("Reconciling", "False", "Suspended", why),
                condition("Stalled", "False", "NotStalled", "nothing needs somebody to step in"),
                condition("ServicesReady", "True", "Ready", "all 1 services are ready"),
            ],
            "services": [rolled_out("order", 1)],
        }),
    )
}

fn unreported() -> Value {
    platform(&json!({}), Value::Null)
}

fn unreadable() -> Value {
    platform(&json!({}), json!({ "observedGeneration": "three" }))
}

/// A platform that was ready in the previous generation.
fn outdated() -> Value {
    let mut platform = ready();
    platform["metadata"]["generation"] = json!(4);
    platform
}

fn shown(platforms: &[Value]) -> Vec<Shown> {
    let now = Timestamp::UNIX_EPOCH;
    platforms
        .iter()
        .map(|platform| {
            Shown::of(
                &serde_json::from_value::<DynamicObject>(platform.clone()).unwrap(),
                now,
            )
        })
        .collect()
}

fn drawn(platform: Value) -> String {
    tree(&shown(&[platform]), Paint::PLAIN)
}

#[test]
fn a_ready_platform_shows_its_parts_and_services() {
    insta::assert_snapshot!(drawn(ready()));
}

#[test]
fn a_rollout_says_what_it_waits_for() {
    insta::assert_snapshot!(drawn(rolling_out()));
}

#[test]
fn a_stalled_platform_says_what_to_do() {
    insta::assert_snapshot!(drawn(stalled()));
}

#[test]
fn a_suspended_platform_says_what_is_pending() {
    insta::assert_snapshot!(drawn(suspended()));
}

#[test]
fn a_platform_without_a_status_gives_a_hint() {
    insta::assert_snapshot!(drawn(unreported()));
}

#[test]
fn a_status_that_cannot_be_read_is_said_to_be_so() {
    insta::assert_snapshot!(drawn(unreadable()));
}

#[test]
fn a_status_about_an_older_generation_is_said_to_be_so() {
    insta::assert_snapshot!(drawn(outdated()));
}

#[test]
fn columns_of_several_platforms_are_aligned() {
    let mut other = ready();
    other["metadata"]["name"] = json!("a-longer-name");
    insta::assert_snapshot!(tree(&shown(&[unreadable(), other]), Paint::PLAIN));
}

#[test]
fn only_a_platform_that_is_ready_for_its_current_generation_counts() {
    let ready_alone = |platform: Value| all_ready(&shown(&[platform]));
    assert!(ready_alone(ready()));
    for other in [
        rolling_out(),
        stalled(),
        suspended(),
        unreported(),
        unreadable(),
        outdated(),
    ] {
        assert!(!ready_alone(other.clone()), "{other}");
    }
    assert!(!all_ready(&shown(&[ready(), stalled()])));
    assert!(!all_ready(&[]), "none at all");
}

#[test]
fn a_suspended_platform_with_nothing_pending_is_ready() {
    let mut idle = ready();
    idle["spec"]["suspend"] = json!(true);
    assert!(all_ready(&shown(&[idle.clone()])));
    assert!(drawn(idle).starts_with("shop  food  Suspended  "));
}

#[test]
fn programs_get_everything_that_was_reported() {
    insta::assert_snapshot!(pretty_json(&shown(&[rolling_out(), unreadable()])).unwrap());
}

#[test]
fn a_document_in_one_line_says_the_same() {
    let platforms = shown(&[ready()]);
    let line = json(&platforms).unwrap();
    assert!(!line.contains('\n'));
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parsed(&line), parsed(&pretty_json(&platforms).unwrap()));
}

#[test]
fn colours_add_nothing_but_themselves() {
    let platforms = shown(&[rolling_out(), stalled(), suspended()]);
    let coloured = tree(&platforms, Paint::COLOURED);
    let mut plain = String::new();
    let mut in_code = false;
    for character in coloured.chars() {
        match character {
            '\x1b' => in_code = true,
            'm' if in_code => in_code = false,
            _ if in_code => {}
            other => plain.push(other),
        }
    }
    assert_ne!(plain, coloured);
    assert_eq!(plain, tree(&platforms, Paint::PLAIN));
}

async fn printed(
    selection: &Selection,
    answer: impl FnMut(&Call) -> Reply + Send + 'static,
) -> (Result<u8, StatusError>, String, Calls) {
    let (client, calls) = scripted::client(answer);
    let mut output = Vec::new();
    let code = show_once(&client, selection, Printer::new(&mut output, PLAIN)).await;
    (code, String::from_utf8(output).unwrap(), calls)
}

fn one(name: &str) -> Selection {
    Selection::One {
        namespace: "food".to_owned(),
        name: name.to_owned(),
    }
}

fn allows_drills() -> Value {
    let mut platform = ready();
    platform["spec"]["drills"] = json!("Allowed");
    platform
}

fn drill(name: &str, status: &Value) -> Value {
    json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill",
        "metadata": { "name": name, "namespace": "food", "resourceVersion": "8" },
        "spec": { "platform": "shop", "fault": { "seconds": 5, "scaledToZero": { "service": "store" } },
            "expect": { "everyOrderEnds": true } },
        "status": status,
    })
}

fn drills() -> [Value; 4] {
    let fault = json!([{ "phase": "Fault", "tookMs": 15_000, "asked": 150, "accepted": 150, "p50Ms": 7, "p99Ms": 100 }]);
    let mut elsewhere = drill("elsewhere", &json!({}));
    elsewhere["spec"]["platform"] = json!("other");
    [
        drill(
            "outage",
            &json!({ "phase": "Fault", "message": "the fault is there" }),
        ),
        drill(
            "old",
            &json!({ "phase": "Finished", "verdict": "Passed", "reason": "AsExpected", "measured": fault }),
        ),
        drill(
            "aborted",
            &json!({ "phase": "Finished", "verdict": "Aborted", "reason": "UnknownPart" }),
        ),
        elsewhere,
    ]
}

/// The platform, or its drills.
fn with_drills(call: &Call) -> Reply {
    if call.path == DRILLS {
        list(&drills())
    } else {
        list(&[allows_drills()])
    }
}

#[tokio::test]
async fn a_platform_that_allows_drills_is_shown_with_the_one_at_work_and_the_last_ones() {
    let (code, text, _) = printed(&one("shop"), with_drills).await;
    assert_eq!(code.unwrap(), 0);
    let branch = text.split("└─ Drills").nth(1).unwrap();
    assert_eq!(
        branch,
        "    outage is at work\n\
         \u{20}  ├─ outage   Fault    store has no pods                                          orders are taken, and cooked later\n\
         \u{20}  ├─ aborted  Aborted  store has no pods                                          UnknownPart\n\
         \u{20}  └─ old      Passed   150 of 150 orders accepted (100.00 %), 10.0/s, p99 100 ms  AsExpected\n"
    );
}

#[tokio::test]
async fn a_platform_is_shown_also_where_drills_may_not_be_read() {
    let (code, text, _) = printed(&one("shop"), |call| match call.path.as_str() {
        DRILLS => failure(403, "Forbidden", "ann may not list them"),
        _ => list(&[allows_drills()]),
    })
    .await;
    assert_eq!(code.unwrap(), 0);
    assert!(
        text.starts_with("shop  food  Ready") && !text.contains("Drills"),
        "{text}"
    );
}

#[test]
fn programs_get_the_name_of_each_drill_and_its_status() {
    let now = Timestamp::now();
    let platform: DynamicObject = serde_json::from_value(allows_drills()).unwrap();
    let drills = drills().map(|drill| serde_json::from_value(drill).unwrap());
    let shown = Shown::of(&platform, now).with_drills(drills[..1].to_vec(), now);
    let printed: Value = serde_json::from_str(&json(&[shown]).unwrap()).unwrap();
    let expected =
        json!([{ "name": "outage", "status": { "phase": "Fault", "message": "the fault is there" } }]);
    assert_eq!(printed["platforms"][0]["drills"], expected);
}

#[tokio::test]
async fn one_platform_is_read_with_one_call() {
    let (code, text, calls) = printed(&one("shop"), |_| list(&[ready()])).await;
    assert_eq!(code.unwrap(), 0);
    assert!(
        text.starts_with("shop  food  Ready  version 1.2  http://shop.example.com\n"),
        "{text}"
    );
    let calls = calls.all();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].path, FOOD);
    assert!(
        calls[0].query.contains("fieldSelector=metadata.name%3Dshop"),
        "{calls:?}"
    );
}

#[tokio::test]
async fn platforms_are_sorted_by_namespace_and_name() {
    let (code, text, calls) = printed(&Selection::Everywhere, |_| {
        let mut other = stalled();
        other["metadata"]["namespace"] = json!("drinks");
        list(&[ready(), other])
    })
    .await;
    assert_eq!(code.unwrap(), 1);
    assert!(text.starts_with("shop  drinks"), "{text}");
    assert_eq!(calls.all()[0].path, EVERYWHERE);
}

#[tokio::test]
async fn a_namespace_without_platforms_says_so_and_is_not_ready() {
    let (code, text, _) = printed(&Selection::Namespace("food".to_owned()), |_| list(&[])).await;
    assert_eq!(code.unwrap(), 1);
    assert_eq!(
        text,
        "There is no FoodDeliveryPlatform in namespace food; -A shows those of all namespaces\n"
    );
}

#[tokio::test]
async fn an_unknown_name_is_rejected_with_those_that_exist() {
    let only_others = |call: &Call| {
        if call.query.contains("fieldSelector") {
            list(&[])
        } else {
            list(&[ready()])
        }
    };
    let (result, ..) = printed(&one("shp"), only_others).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "there is no FoodDeliveryPlatform shp in namespace food; there are: shop"
    );
    let elsewhere = |call: &Call| {
        if call.path == EVERYWHERE {
            list(&[ready()])
        } else {
            list(&[])
        }
    };
    let (result, ..) = printed(&one("shp"), elsewhere).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "there is no FoodDeliveryPlatform shp in namespace food; elsewhere there are: shop -n food"
    );
    let hidden = |call: &Call| {
        if call.query.contains("fieldSelector") {
            list(&[])
        } else {
            failure(403, "Forbidden", "ann may not list them")
        }
    };
    let (result, ..) = printed(&one("shp"), hidden).await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "there is no FoodDeliveryPlatform shp in namespace food; there is none at all, as far as you may see"
    );
}

#[tokio::test]
async fn a_cluster_without_the_definition_says_how_to_install_it() {
    let (result, ..) = printed(&one("shop"), |_| {
        Reply::Now(http::StatusCode::NOT_FOUND, b"404 page not found\n".to_vec())
    })
    .await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "read FoodDeliveryPlatform food/shop: the cluster does not know FoodDeliveryPlatforms; \
         install them: fdp crds | kubectl apply --server-side -f -"
    );
}

/// The events of a watch that then ends, so that it has to be restarted.
fn changes(events: &[(&str, Value)]) -> Reply {
    let lines: Vec<String> = events
        .iter()
        .map(|(type_, object)| json!({ "type": type_, "object": object }).to_string() + "\n")
        .collect();
    Reply::Now(http::StatusCode::OK, lines.concat().into_bytes())
}

fn is_watch(call: &Call) -> bool {
    call.query.split('&').any(|pair| pair == "watch=true")
}

/// Follows platforms until there are no more responses.
async fn followed(form: Form, mut watches: Vec<Reply>) -> (Result<u8, StatusError>, String, Calls) {
    let (done, stop) = futures::channel::oneshot::channel::<()>();
    let mut done = Some(done);
    watches.reverse();
    let (client, calls) = scripted::client(move |call| {
        if !is_watch(call) {
            return list(&[unreported()]);
        }
        watches.pop().unwrap_or_else(|| {
            drop(done.take());
            Reply::Never
        })
    });
    let mut output = Vec::new();
    let stop = async move {
        let _ = stop.await;
    };
    let code = follow(&client, &one("shop"), Printer::new(&mut output, form), stop).await;
    (code, String::from_utf8(output).unwrap(), calls)
}

#[tokio::test]
async fn a_watch_prints_again_after_each_change_that_shows() {
    let mut touched = rolling_out();
    touched["metadata"]["annotations"] = json!({ "somebody": "was here" });
    let (code, text, calls) = followed(
        PLAIN,
        vec![
            changes(&[("MODIFIED", rolling_out()), ("MODIFIED", touched)]),
            changes(&[("MODIFIED", ready())]),
        ],
    )
    .await;
    assert_eq!(code.unwrap(), 0);
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("shop ")).collect();
    assert_eq!(
        heads,
        [
            "shop  food  Not reported yet",
            "shop  food  Reconciling  version 1.1  pending",
            "shop  food  Ready  version 1.2  http://shop.example.com"
        ]
    );
    // One to reject a wrong name at once, one at the start of the watch.
    let lists = calls.all().iter().filter(|call| !is_watch(call)).count();
    assert_eq!(lists, 2, "a watch does not poll");
}

#[tokio::test]
async fn a_watch_prints_again_when_a_drill_has_gone_on() {
    let (done, stop) = futures::channel::oneshot::channel::<()>();
    let mut done = Some(done);
    let mut changes_of_drills = vec![changes(&[(
        "MODIFIED",
        drill(
            "outage",
            &json!({ "phase": "Finished", "verdict": "Passed", "reason": "AsExpected" }),
        ),
    )])];
    let (client, _) = scripted::client(move |call| match (call.path == DRILLS, is_watch(call)) {
        (true, true) => changes_of_drills.pop().unwrap_or_else(|| {
            drop(done.take());
            Reply::Never
        }),
        (true, false) => list(&[drill("outage", &json!({ "phase": "Fault" }))]),
        (false, true) => Reply::Never,
        (false, false) => list(&[allows_drills()]),
    });
    let mut output = Vec::new();
    let stop = async move {
        let _ = stop.await;
    };
    let code = follow(&client, &one("shop"), Printer::new(&mut output, PLAIN), stop).await;
    assert_eq!(code.unwrap(), 0);
    let text = String::from_utf8(output).unwrap();
    let lines = text.lines().filter(|line| line.contains("Drills"));
    let states: Vec<&str> = lines
        .filter_map(|line| line.split("Drills").nth(1))
        .map(str::trim)
        .collect();
    assert!(
        states.ends_with(&["outage is at work", "the last one has passed"]),
        "{text}"
    );
}

#[tokio::test]
async fn a_platform_that_is_deleted_while_watched_is_said_to_be_gone() {
    let (code, text, _) = followed(PLAIN, vec![changes(&[("DELETED", ready())])]).await;
    assert_eq!(code.unwrap(), 1);
    assert!(
        text.ends_with("\n\nFoodDeliveryPlatform shop is not in namespace food any more\n"),
        "{text}"
    );
}

#[tokio::test]
async fn a_watch_for_programs_prints_one_document_a_line() {
    let (_, text, _) = followed(Form::JsonLines, vec![changes(&[("MODIFIED", ready())])]).await;
    let states: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["platforms"][0]["state"].clone())
        .collect();
    assert_eq!(states, ["Unreported", "Ready"]);
}

#[tokio::test]
async fn a_watch_of_an_unknown_name_ends_at_once() {
    let (client, _) = scripted::client(|_| list(&[]));
    let printer = Printer::new(Vec::new(), PLAIN);
    let result = follow(&client, &one("shp"), printer, std::future::pending()).await;
    assert!(matches!(result, Err(StatusError::NotFound { .. })));
}

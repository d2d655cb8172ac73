//! Tests of the pages and endpoints, as a browser and a kubelet call them, with a cache filled in memory.

use std::{future, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use fdp_crds::{FoodDeliveryPlatform, ResilienceDrill};
use http_body_util::BodyExt;
use kube::runtime::{
    reflector::{self, Store},
    watcher::Event,
};
use metrics::Recorder;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};
use tower::ServiceExt;

use crate::{
    model::reason::Reason,
    status_page::{Dashboard, DashboardError, routes, serve},
    view::test_platform::platform,
};

/// A platform whose Kafka is ready or not, with everything else ready.
fn shop(namespace: &str, name: &str, kafka: bool) -> FoodDeliveryPlatform {
    let condition = |type_: &str, fine: bool, truth: bool, message: &str| {
        json!({ "type": type_, "status": if truth { "True" } else { "False" }, "message": message,
                "reason": if fine { "Fine" } else { "Waiting" }, "observedGeneration": 1,
                "lastTransitionTime": "2026-01-01T00:00:00Z" })
    };
    let why = "StatefulSet shop-kafka: 0 of 1 ready";
    platform(json!({
        "metadata": { "name": name, "namespace": namespace, "generation": 1,
                      "creationTimestamp": "2026-01-01T00:00:00Z" },
        "spec": { "services": { "order": { "env": [{ "name": "TOKEN", "value": "hunter2" }] } } },
        "status": {
            "observedGeneration": 1,
            "version": "1.2.3",
            "url": "http://127.0.0.1:30080",
            "conditions": [
                condition("Ready", kafka, kafka, why),
                condition("Reconciling", kafka, !kafka, why),
                condition("Stalled", true, false, ""),
                condition("KafkaReady", kafka, kafka, why),
                condition("DatabaseReady", true, true, "PostgreSQL takes connections"),
                condition("ServicesReady", true, true, "all services are ready"),
            ],
            "services": [
                { "name": "gateway", "image": "localhost/food-delivery/gateway:1.2.3", "ready": 1, "desired": 1 },
                { "name": "order", "image": "localhost/food-delivery/order:1.2.3", "ready": 2, "desired": 3 },
            ],
        },
    }))
}

/// A cache that has seen its first complete list.
fn cache(platforms: Vec<FoodDeliveryPlatform>) -> Store<FoodDeliveryPlatform> {
    let (store, mut writer) = reflector::store();
    writer.apply_watcher_event(&Event::Init);
    for platform in platforms {
        writer.apply_watcher_event(&Event::InitApply(platform));
    }
    writer.apply_watcher_event(&Event::InitDone);
    store
}

fn dashboard(platforms: Store<FoodDeliveryPlatform>, ready: bool) -> Dashboard {
    Dashboard {
        platforms,
        drills: Arc::new(|_, _| Vec::new()),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        changes: Arc::default(),
        waits_for: Arc::new(move || (!ready).then(|| "the definition".to_owned())),
    }
}

fn router(platforms: Vec<FoodDeliveryPlatform>) -> Router {
    routes(dashboard(cache(platforms), true))
}

async fn get(router: Router, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn the_list_shows_each_platforms_state_version_address_and_problems() {
    let platforms = vec![shop("seoul", "late", false), shop("busan", "early", true)];
    let (status, headers, body) = get(router(platforms), "/").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(body.contains("1 of 2 platforms Ready"));
    assert!(body.contains(r#"<a href="/platforms/busan/early">early</a>"#));
    assert!(body.contains(r#"<a href="http://127.0.0.1:30080">"#));
    assert!(body.contains("1.2.3") && body.contains("1 of 2</dd>"));
    assert!(body.contains("StatefulSet shop-kafka: 0 of 1 ready"));
    assert!(body.find("early").unwrap() < body.find("late").unwrap());
}

#[tokio::test]
async fn the_page_of_a_platform_shows_its_conditions_and_services() {
    let (status, _, body) = get(router(vec![shop("seoul", "shop", true)]), "/platforms/seoul/shop").await;
    assert_eq!(status, StatusCode::OK);
    for text in [
        "shop",
        "seoul",
        "Ready",
        "KafkaReady",
        "DatabaseReady",
        "ServicesReady",
        "gateway",
        "order",
        "2 of 3",
        "1, observed 1",
    ] {
        assert!(body.contains(text), "{text}");
    }
}

#[tokio::test]
async fn the_page_of_a_platform_says_what_to_do_with_a_command_to_copy() {
    let mut broken = shop("seoul", "shop", true);
    let why = "Deployment shop-order: 2 of 3 ready: pod shop-order-x: ImagePullBackOff: cannot pull image \
               localhost/food-delivery/order:nosuchtag: not found";
    if let Some(status) = &mut broken.status {
        for (type_, value, reason) in [
            ("Stalled", "True", "PartFailed"),
            ("ServicesReady", "False", "Failed"),
        ] {
            let mut conditions = status.conditions.iter_mut();
            let condition = conditions.find(|condition| condition.type_ == type_).unwrap();
            condition.status = value.to_owned();
            condition.reason = reason.to_owned();
            condition.message = why.to_owned();
        }
        let order = &mut status.services[1];
        order.running = Some("1.2.3".to_owned());
        order.wanted = Some("nosuchtag".to_owned());
        order.problem = Some("cannot be pulled".to_owned());
    }
    let (_, _, body) = get(router(vec![broken.clone()]), "/platforms/seoul/shop").await;
    assert!(
        body.contains("kubectl -n seoul patch fdp shop --type merge -p "),
        "{body}"
    );
    for reason in [Reason::PartFailed, Reason::Failed] {
        assert!(body.contains(reason.explanation().cure), "{reason:?}");
    }
    assert!(
        body.contains("1.2.3, nosuchtag wanted: cannot be pulled"),
        "{body}"
    );
    assert!(body.contains("Old version"));

    broken.spec.image = Some(fdp_crds::Image {
        tag: Some("nosuchtag".to_owned()),
        ..fdp_crds::Image::default()
    });
    let (_, _, body) = get(router(vec![broken]), "/platforms/seoul/shop").await;
    let text = body.replace("&#34;", "\"").replace("&#39;", "'");
    let command = r#"kubectl -n seoul patch fdp shop --type merge -p '{"spec":{"image":{"tag":"1.2.3"}}}'"#;
    assert!(text.contains(command), "{text}");
}

#[tokio::test]
async fn no_page_shows_the_environment_of_a_service() {
    for path in ["/", "/platforms/seoul/shop"] {
        let (_, _, body) = get(router(vec![shop("seoul", "shop", true)]), path).await;
        assert!(!body.contains("hunter2") && !body.contains("TOKEN"), "{path}");
    }
}

#[tokio::test]
async fn text_from_the_cluster_cannot_become_markup() {
    let mut hostile = shop("seoul", "shop", false);
    if let Some(status) = &mut hostile.status {
        for condition in &mut status.conditions {
            condition.message = "<script>alert(1)</script>".to_owned();
        }
        status.url = Some("javascript:alert(1)".to_owned());
        status.services[0].image = "\"><img src=x>".to_owned();
    }
    for path in ["/", "/platforms/seoul/shop"] {
        let (_, _, body) = get(router(vec![hostile.clone()]), path).await;
        assert!(!body.contains("<script>") && !body.contains("<img"), "{path}");
        assert!(!body.contains("href=\"javascript"), "{path}");
        assert!(body.contains("alert(1)"), "the text itself is shown on {path}");
    }
}

#[tokio::test]
async fn an_empty_cluster_gets_instructions() {
    let (_, _, body) = get(router(vec![]), "/").await;
    assert!(body.contains("No platform yet"));
    assert!(body.contains("kubectl apply -f examples/minimal.yaml"));
}

#[tokio::test]
async fn before_the_first_list_nothing_is_said_to_be_absent() {
    let (store, _writer) = reflector::store();
    let router = routes(dashboard(store, false));
    let (_, _, list) = get(router.clone(), "/").await;
    assert!(list.contains("has not listed the platforms yet") && !list.contains("No platform yet"));
    let (status, _, _) = get(router, "/platforms/seoul/shop").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_platform_that_was_not_reconciled_yet_is_not_ready() {
    let mut changed = shop("seoul", "shop", true);
    changed.metadata.generation = Some(2);
    let (_, _, list) = get(router(vec![changed.clone()]), "/").await;
    assert!(list.contains("0 of 1 platform Ready") && list.contains("has not looked at the new generation"));
    let (_, _, page) = get(router(vec![changed]), "/platforms/seoul/shop").await;
    assert!(page.contains("2, observed 1") && page.contains("(about generation 1)"));
    assert!(page.contains("badge unknown"));
}

#[tokio::test]
async fn an_unknown_platform_is_a_page_that_says_so() {
    let router = router(vec![shop("seoul", "shop", true)]);
    for path in ["/platforms/busan/shop", "/platforms/seoul/x"] {
        let (status, headers, body) = get(router.clone(), path).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert!(body.contains("No such platform"));
    }
    let (status, _, body) = get(router, "/nowhere").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.contains("No such page"));
}

#[tokio::test]
async fn a_change_in_the_cache_is_on_the_next_page() {
    let (store, mut writer) = reflector::store();
    writer.apply_watcher_event(&Event::Init);
    writer.apply_watcher_event(&Event::InitDone);
    let router = routes(dashboard(store, true));
    writer.apply_watcher_event(&Event::Apply(shop("seoul", "shop", false)));
    let (_, _, before) = get(router.clone(), "/platforms/seoul/shop").await;
    assert!(before.contains("<title>Reconciling: "));
    writer.apply_watcher_event(&Event::Apply(shop("seoul", "shop", true)));
    let (_, _, after) = get(router.clone(), "/platforms/seoul/shop").await;
    assert!(after.contains("<title>Ready: "));
    writer.apply_watcher_event(&Event::Delete(shop("seoul", "shop", true)));
    let (status, _, _) = get(router, "/platforms/seoul/shop").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let router = router(vec![shop("seoul", "shop", true)]);
    for path in [
        "/",
        "/platforms/seoul/shop",
        "/nowhere",
        "/healthz",
        "/assets/dashboard.css",
    ] {
        let (_, headers, _) = get(router.clone(), path).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
    }
}

#[tokio::test]
async fn pages_hold_no_inline_script_or_style() {
    let router = router(vec![shop("seoul", "shop", false)]);
    for path in ["/", "/platforms/seoul/shop", "/nowhere"] {
        let (_, _, body) = get(router.clone(), path).await;
        assert!(!body.contains("<style") && !body.contains(" style="), "{path}");
        assert_eq!(body.matches("<script").count(), 1, "{path}");
        assert!(body.contains(r#"<script src="/assets/dashboard.js?v="#), "{path}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_only_under_their_own_version() {
    let router = router(vec![]);
    let (_, _, page) = get(router.clone(), "/").await;
    let urls: Vec<&str> = page
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .collect();
    assert_eq!(urls.len(), 3);
    for url in urls {
        let (status, headers, body) = get(router.clone(), url).await;
        assert_eq!(status, StatusCode::OK, "{url}");
        assert!(!body.is_empty(), "{url}");
        let caching = headers["cache-control"].to_str().unwrap();
        assert!(caching.contains("immutable"), "{url}");
    }
    let (_, headers, _) = get(router.clone(), "/assets/dashboard.css?v=old").await;
    assert_eq!(headers["cache-control"], "no-cache");
    let (status, _, _) = get(router.clone(), "/assets/other.css").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, headers, _) = get(router, "/").await;
    assert_eq!(headers["cache-control"], "no-store");
}

#[tokio::test]
async fn readiness_follows_the_operator_and_liveness_does_not() {
    for (ready, expected) in [(true, StatusCode::OK), (false, StatusCode::SERVICE_UNAVAILABLE)] {
        let router = routes(dashboard(cache(vec![]), ready));
        let (code, _, said) = get(router.clone(), "/readyz").await;
        let words = if ready {
            "ready\n"
        } else {
            "not ready: the definition\n"
        };
        assert_eq!((code, said.as_str()), (expected, words));
        assert_eq!(get(router, "/healthz").await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_metrics_are_those_of_the_recorder() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metadata = metrics::Metadata::new("", metrics::Level::INFO, None);
    recorder
        .register_counter(&metrics::Key::from_name("reconciliations_total"), &metadata)
        .increment(7);
    let mut dashboard = dashboard(cache(vec![]), true);
    dashboard.metrics = recorder.handle();
    let (_, headers, body) = get(routes(dashboard), "/metrics").await;
    let content_type = headers["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("text/plain"));
    assert!(body.contains("reconciliations_total 7"));
}

#[tokio::test]
async fn the_server_stops_while_a_browser_stays_connected() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(address, dashboard(cache(vec![]), true), async {
        stopped.await.ok();
    }));
    let mut browser = timeout(Duration::from_secs(10), async {
        loop {
            if let Ok(connection) = TcpStream::connect(address).await {
                break connection;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    browser
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: dashboard\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    browser.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    stop.send(()).unwrap();
    timeout(Duration::from_secs(10), server)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = serve(address, dashboard(cache(vec![]), true), future::pending())
        .await
        .unwrap_err();
    assert!(matches!(error, DashboardError::Listen { .. }));
    assert!(error.to_string().contains(&address.to_string()));
}

#[tokio::test]
async fn the_page_of_a_platform_says_what_was_not_ready_for_seconds() {
    let mut back = shop("seoul", "shop", true);
    let now = k8s_openapi::jiff::Timestamp::now().as_second();
    let at = |second| k8s_openapi::jiff::Timestamp::from_second(second).unwrap();
    if let Some(status) = &mut back.status {
        status.outages = serde_json::from_value(serde_json::json!([{
            "condition": "ServicesReady", "message": "Deployment shop-pay: 0 of 1 ready",
            "from": at(now - 60).to_string(), "to": at(now - 57).to_string(),
        }]))
        .unwrap();
    }
    let (_, _, body) = get(router(vec![back]), "/platforms/seoul/shop").await;
    assert!(body.contains("<strong>Services</strong> for 3s, "), "{body}");
    assert!(body.contains("Deployment shop-pay: 0 of 1 ready"), "{body}");
}

/// A drill of platform `shop` with that status.
fn drill(name: &str, status: &serde_json::Value) -> Arc<ResilienceDrill> {
    let drill = json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "ResilienceDrill",
        "metadata": { "name": name, "namespace": "seoul" },
        "spec": { "platform": "shop", "fault": { "seconds": 20, "scaledToZero": { "service": "store" } },
            "expect": { "everyOrderEnds": true } },
        "status": status,
    });
    Arc::new(serde_json::from_value(drill).unwrap())
}

async fn page_with(drills: Vec<Arc<ResilienceDrill>>) -> String {
    let mut dashboard = dashboard(cache(vec![shop("seoul", "shop", true)]), true);
    dashboard.drills = Arc::new(move |namespace, platform| {
        if (namespace, platform) == ("seoul", "shop") {
            drills.clone()
        } else {
            Vec::new()
        }
    });
    get(routes(dashboard), "/platforms/seoul/shop").await.2
}

#[tokio::test]
async fn the_page_of_a_platform_shows_the_drill_at_work_and_links_to_it() {
    let status =
        json!({ "phase": "Fault", "message": "the fault is there", "faultBeganAt": "2026-01-01T00:00:00Z" });
    let body = page_with(vec![drill("store-outage", &status)]).await;
    for text in [
        r##"A drill is at work: <a href="#drill/store-outage">store-outage</a>"##,
        r#"<article class="card edge busy" id="drill/store-outage">"#,
        "</svg>Fault</span>",
        r#"<p class="fine">for <time datetime="2026-01-01T00:00:00Z""#,
        "the fault is there",
        "<dt>Fault</dt><dd>store has no pods</dd>",
        "<dt>Customers may notice</dt><dd>orders are taken, and cooked later</dd>",
    ] {
        assert!(body.contains(text), "{text}: {body}");
    }
}

#[tokio::test]
async fn the_page_of_a_platform_shows_the_last_drills_in_the_colour_of_their_verdict() {
    let finished = |verdict: &str, measured: &serde_json::Value| {
        json!({ "phase": "Finished", "verdict": verdict, "reason": "Why", "message": "<b>because</b>",
            "finishedAt": "2026-01-01T00:00:00Z", "measured": measured })
    };
    let measured = json!([{ "phase": "Fault", "tookMs": 15_000, "asked": 150, "accepted": 150, "p50Ms": 7, "p99Ms": 100 }]);
    let body = page_with(vec![
        drill("store-outage", &finished("Passed", &measured)),
        drill("pay-outage", &finished("Failed", &json!([]))),
        drill("autoscale", &finished("Inconclusive", &json!([]))),
        drill("self-healing", &finished("Aborted", &json!([]))),
    ])
    .await;
    for (name, tone, verdict) in [
        ("store-outage", "good", "Passed"),
        ("pay-outage", "bad", "Failed"),
        ("autoscale", "unknown", "Inconclusive"),
        ("self-healing", "paused", "Aborted"),
    ] {
        let row = body
            .split(&format!(r#"<tr role="row" id="drill/{name}">"#))
            .nth(1)
            .unwrap();
        let row = row.split("</tr>").next().unwrap();
        assert!(
            row.contains(&format!(r##"<a href="#drill/{name}">{name}</a>"##)),
            "{row}"
        );
        assert!(row.contains(&format!(r#"class="badge {tone}""#)), "{row}");
        assert!(row.contains(&format!("</svg>{verdict}</span>")), "{row}");
        assert!(row.contains("Why") && !row.contains("<b>"), "{row}");
    }
    assert!(
        body.contains(
            "150 of 150 accepted,</span> <span class=\"figure\">100.00 %, 10.0/s</span>, <span class=\"figure\">p99 100 ms</span>"
        ),
        "{body}"
    );
    assert!(!body.contains("at work"));
}

#[tokio::test]
async fn the_page_of_a_platform_without_drills_says_nothing_of_them() {
    let body = page_with(Vec::new()).await;
    assert!(!body.to_lowercase().contains("drill"), "{body}");
}

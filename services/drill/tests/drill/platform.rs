//! A scripted platform: one HTTP server that plays the gateway with its metrics, pay's port for drills, and Prometheus.

use axum::Router;
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, serve};
use fdp_contracts::OrderId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the platform does with an order, by its number from 0.
#[derive(Clone, Copy)]
pub(crate) struct Script {
    pub(crate) takes: fn(usize) -> Duration,
    pub(crate) refuses: fn(usize) -> Option<Refusal>,
    pub(crate) fate: fn(usize) -> Fate,
    /// How many requests of others were answered, and how many of them with a 500, so long after the start.
    pub(crate) others: fn(Duration) -> (u64, u64),
}

/// The status, the type of the problem, and `Retry-After` in seconds.
pub(crate) type Refusal = (u16, &'static str, Option<u32>);

/// What becomes of an accepted order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is delivered the second time that somebody looks.
    Delivered,
    Forgotten,
    Unpaid,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            takes: |_| Duration::from_millis(20),
            refuses: |_| None,
            fate: |_| Fate::Delivered,
            others: |_| (0, 0),
        }
    }
}

/// A request for an order, as it came.
pub(crate) struct Asked {
    pub(crate) when: Instant,
    pub(crate) customer: String,
    pub(crate) key: String,
    pub(crate) trace: String,
    /// The id of the order, if it was accepted.
    pub(crate) id: Option<String>,
}

struct Order {
    fate: Fate,
    looks: u32,
    cancelled: bool,
}

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) asked: Vec<Asked>,
    pub(crate) clients: BTreeSet<SocketAddr>,
    /// The methods and bodies of requests about drills.
    pub(crate) drills: Vec<(&'static str, Value)>,
    pub(crate) looks: usize,
    /// How often somebody asked which alerts fire.
    pub(crate) alerts: usize,
    pub(crate) cancelled: usize,
    orders: HashMap<String, Order>,
    /// How many requests were answered with which status.
    answered: BTreeMap<u16, u64>,
}

#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) address: SocketAddr,
    script: Script,
    started: Instant,
    seen: Arc<Mutex<Seen>>,
    changed: watch::Sender<()>,
}

impl Platform {
    /// Serves until the test ends.
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let platform = Self {
            address: listener.local_addr().unwrap(),
            script,
            started: Instant::now(),
            seen: Arc::default(),
            changed: watch::Sender::default(),
        };
        let routes = Router::new()
            .route("/orders", post(place))
            .route("/orders/{id}", get(show).delete(cancel))
            .route("/payments", get(payments))
            .route_layer(middleware::from_fn_with_state(platform.clone(), count))
            .route("/metrics", get(metrics))
            .route("/drills", get(drill).put(set_drill).delete(end_drill))
            .route("/api/v1/alerts", get(alerts))
            .with_state(platform.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { serve(listener, routes).await });
        platform
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Waits until that holds of what was seen.
    pub(crate) async fn until(&self, holds: impl Fn(&Seen) -> bool) {
        let mut changes = self.changed.subscribe();
        while !holds(&self.seen()) {
            changes.changed().await.unwrap();
        }
    }

    fn drilled(&self, method: &'static str, body: Value) {
        self.seen().drills.push((method, body));
        self.changed.send_replace(());
    }
}

async fn place(
    State(platform): State<Platform>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let number = {
        let mut seen = platform.seen();
        seen.clients.insert(client);
        seen.asked.push(Asked {
            when: Instant::now(),
            customer: body["customerId"].as_str().unwrap().to_owned(),
            key: header("idempotency-key"),
            trace: header("traceparent").split('-').nth(1).unwrap().to_owned(),
            id: None,
        });
        seen.asked.len() - 1
    };
    platform.changed.send_replace(());
    tokio::time::sleep((platform.script.takes)(number)).await;
    if let Some((status, kind, retry_after)) = (platform.script.refuses)(number) {
        let problem = json!({"type": format!("urn:fooddelivery:problem:{kind}"), "status": status});
        let status = StatusCode::from_u16(status).unwrap();
        let wait = retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        return match wait {
            Some(wait) => (status, wait, Json(problem)).into_response(),
            None => (status, Json(problem)).into_response(),
        };
    }
    let id = OrderId::new().to_string();
    let mut seen = platform.seen();
    let order = Order {
        fate: (platform.script.fate)(number),
        looks: 0,
        cancelled: false,
    };
    seen.orders.insert(id.clone(), order);
    seen.asked[number].id = Some(id.clone());
    let order = json!({"orderId": id, "state": "Placed"});
    (StatusCode::CREATED, Json(order)).into_response()
}

async fn show(State(platform): State<Platform>, Path(id): Path<String>) -> Response {
    let mut seen = platform.seen();
    seen.looks += 1;
    let found = seen.orders.get_mut(&id);
    let Some(order) = found.filter(|order| order.fate != Fate::Forgotten) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    order.looks += 1;
    let state = if order.looks > 1 { "Delivered" } else { "Cooking" };
    Json(json!({"orderId": id, "state": state})).into_response()
}

/// Every third order can no longer be cancelled.
async fn cancel(State(platform): State<Platform>, Path(id): Path<String>) -> Response {
    let mut seen = platform.seen();
    seen.cancelled += 1;
    if seen.cancelled % 3 == 0 {
        return StatusCode::CONFLICT.into_response();
    }
    seen.orders.get_mut(&id).unwrap().cancelled = true;
    Json(json!({"orderId": id, "state": "Cancelled"})).into_response()
}

async fn payments(
    State(platform): State<Platform>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let seen = platform.seen();
    let order = &seen.orders[&query["orderId"]];
    let state = if order.cancelled { "Refunded" } else { "Approved" };
    Json(match order.fate {
        Fate::Unpaid => json!([]),
        _ => json!([{"paymentId": "pay_1", "state": state}]),
    })
}

/// Counts an answer before it is sent, as the gateway does.
async fn count(State(platform): State<Platform>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status().as_u16();
    *platform.seen().answered.entry(status).or_default() += 1;
    response
}

async fn metrics(State(platform): State<Platform>) -> String {
    let (all, failed) = (platform.script.others)(platform.started.elapsed());
    let mut lines = String::from("# TYPE http_requests_total counter\n");
    let mut line = |route: &str, status: u16, count: u64| {
        let labels = format!("method=\"POST\",route=\"{route}\",status=\"{status}\"");
        writeln!(lines, "http_requests_total{{{labels}}} {count}").unwrap();
    };
    for (status, count) in &platform.seen().answered {
        line("/orders", *status, *count);
    }
    line("/{*rest}", 200, all - failed);
    line("/{*rest}", 500, failed);
    lines
}

async fn drill(State(platform): State<Platform>) -> Json<Value> {
    platform.drilled("GET", Value::Null);
    Json(json!({"delayMs": {"min": 400, "max": 620}, "payments": 7}))
}

/// The first look finds only what was there before.
async fn alerts(State(platform): State<Platform>) -> Json<Value> {
    let number = {
        let mut seen = platform.seen();
        seen.alerts += 1;
        seen.alerts
    };
    let alert = |name: &str, active_at: &str| json!({"labels": {"alertname": name}, "state": "firing", "activeAt": active_at});
    let mut alerts = vec![alert("OrdersFail", "2020-01-01T00:00:00Z")];
    if number > 1 {
        alerts.push(alert("ServiceDown", "2120-01-01T00:00:00Z"));
    }
    Json(json!({"status": "success", "data": {"alerts": alerts}}))
}

async fn set_drill(State(platform): State<Platform>, Json(drill): Json<Value>) -> Json<Value> {
    platform.drilled("PUT", drill.clone());
    Json(drill)
}

async fn end_drill(State(platform): State<Platform>) -> StatusCode {
    platform.drilled("DELETE", Value::Null);
    StatusCode::NO_CONTENT
}

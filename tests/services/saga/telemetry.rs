//! Tests the traces, log lines and metrics of the services.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Context, Result, ensure};
use fdp_test_collector::{Collector, Span};
use fdp_test_process::{process, wait};
use fdp_test_services::Platform;
use fdp_test_services::services::names;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// One order must be one trace without gaps, from the client's span through all services, over HTTP and Kafka.
pub(crate) fn one_order_is_one_trace(platform: &mut Platform) -> Result<()> {
    let collector = Collector::start()?;
    platform.restart_with(ENDPOINT, Some(&collector.endpoint()))?;
    let tried = follow(platform, &collector);
    platform.restart_with(ENDPOINT, None)?;
    tried
}

fn follow(platform: &mut Platform, collector: &Collector) -> Result<()> {
    let gateway = platform.gateway();
    let headers = [("traceparent", format!("00-{TRACE}-{CALLER}-01"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let body = json!({"item": "통닭", "storeId": 1, "customerId": "traced"});
    let placed = gateway
        .send("POST", "/orders", &headers, Some(&body))?
        .expect(201)?;
    let id = placed.text("orderId")?;
    ensure!(
        placed.headers.get("x-trace-id").is_some_and(|told| told == TRACE),
        "the answer does not name its trace: {:?}",
        placed.headers
    );
    shop::wait_final(&gateway, &id, DELIVERY_TIMEOUT)?;

    let expected: BTreeSet<&str> = names().into_iter().collect();
    let spans = wait::until("a span of every service", EVENT_TIMEOUT, || {
        let spans = collector.trace(TRACE);
        let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
        ensure!(services == expected, "spans came of {services:?}");
        ensure!(
            orphans(&spans).is_empty(),
            "of unknown parents: {:?}",
            orphans(&spans)
        );
        Ok(Some(spans))
    })?;
    let root = named(&spans, "gateway", "POST ")?;
    ensure!(
        root.parent_id.as_deref() == Some(CALLER),
        "the client's span caused it: {root:?}"
    );
    let order = named(&spans, "order", "POST /orders")?;
    ensure!(
        order.parent_id.as_ref() == Some(&root.span_id),
        "the gateway called order: {order:?}"
    );
    let pay = named(&spans, "pay", "POST /payments")?;
    ensure!(
        pay.parent_id.as_ref() == Some(&order.span_id),
        "order called pay: {pay:?}"
    );
    let ticket = named(&spans, "store", "fooddelivery.order.placed.v1")?;
    ensure!(
        ticket.parent_id.as_ref() == Some(&order.span_id),
        "the order's event made the ticket: {ticket:?}"
    );
    Ok(())
}

fn named<'a>(spans: &'a [Span], service: &str, name: &str) -> Result<&'a Span> {
    spans
        .iter()
        .find(|span| span.service == service && span.name.starts_with(name))
        .with_context(|| format!("{service} has no span {name} among {spans:?}"))
}

/// Spans whose parent is neither another span nor the client's.
fn orphans(spans: &[Span]) -> Vec<&Span> {
    let known: BTreeSet<&str> = spans
        .iter()
        .map(|span| span.span_id.as_str())
        .chain([CALLER])
        .collect();
    let is_known = |span: &&Span| {
        span.parent_id
            .as_deref()
            .is_some_and(|parent| known.contains(parent))
    };
    spans.iter().filter(|span| !is_known(span)).collect()
}

/// Every log line about an order must have separate fields with its order and trace.
pub(crate) fn log_lines_name_order_and_trace(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let id = shop::place(
        &gateway,
        &json!({"item": "통닭", "storeId": 1, "customerId": "logged"}),
    )?;
    shop::settled(platform, [&id], DELIVERY_TIMEOUT)?;
    let mut told = BTreeSet::new();
    for name in names() {
        for line in process::lines(&platform.log(name)) {
            if !line.contains(&id) {
                continue;
            }
            let fields: Value = serde_json::from_str(&line).with_context(|| format!("{name}: {line}"))?;
            ensure!(
                fields["order_id"] == id.as_str(),
                "{name} does not name the order: {line}"
            );
            ensure!(
                fields["trace_id"].as_str().is_some_and(|trace| trace.len() == 32),
                "{name} does not name the trace: {line}"
            );
            told.insert(name);
        }
    }
    for name in ["order", "pay", "store", "delivery"] {
        ensure!(told.contains(name), "{name} says nothing about an order");
    }
    Ok(())
}

/// Every metric at `/metrics` must be in the manual, with its kind; and every metric that an operator watches must
/// exist.
pub(crate) fn metrics_are_those_of_the_manual(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let id = shop::place(
        &gateway,
        &json!({"item": "통닭", "storeId": 1, "customerId": "counted"}),
    )?;
    shop::wait_final(&gateway, &id, DELIVERY_TIMEOUT)?;
    let refunded = shop::place(&gateway, &json!({"item": "통닭", "customerId": "counted"}))?;
    gateway.delete(&format!("/orders/{refunded}"))?.expect(200)?;
    let manual = include_str!("../../../docs/metrics.md");
    // The lag is updated every few seconds.
    let shown = wait::until("the metrics that an operator watches", EVENT_TIMEOUT, || {
        let shown = shown(platform)?;
        for metric in WATCHED {
            ensure!(
                shown.iter().any(|(_, name, _)| name == metric),
                "no service has the metric {metric}"
            );
        }
        Ok(Some(shown))
    })?;
    for (service, name, kind) in shown {
        ensure!(
            manual.contains(&format!("| `{name}` | {kind} |")),
            "{service} shows the {kind} {name}, which is not in docs/metrics.md"
        );
    }
    Ok(())
}

const WATCHED: [&str; 10] = [
    "breaker_state",
    "consumer_lag_events",
    "http_request_duration_seconds",
    "http_requests_total",
    "notifications_total",
    "orders_total",
    "outbox_oldest_unpublished_seconds",
    "outbox_published_total",
    "payments_refunded_won_total",
    "payments_taken_won_total",
];

/// Every metric of every service: the service, the metric's name and its kind.
fn shown(platform: &Platform) -> Result<BTreeSet<(&'static str, String, String)>> {
    let mut shown = BTreeSet::new();
    for service in names() {
        let answer = platform.metrics_of(service).get("/metrics")?.expect(200)?;
        for line in answer.plain.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                shown.insert((service, name.to_owned(), kind.to_owned()));
            }
        }
    }
    Ok(shown)
}

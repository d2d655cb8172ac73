//! All metrics that a service can show at `/metrics`, with their meaning: one list for the help texts and the manual.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use std::fmt::Write as _;

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that only increases.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A distribution of values in buckets.
    Histogram,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The labels of its series.
    pub labels: &'static str,
    /// What it means.
    pub help: &'static str,
}

const fn metric(kind: Kind, name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind,
        labels,
        help,
    }
}

const fn counter(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    metric(Kind::Counter, name, labels, help)
}

const fn gauge(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    metric(Kind::Gauge, name, labels, help)
}

const fn histogram(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    metric(Kind::Histogram, name, labels, help)
}

/// All metrics by name.
#[rustfmt::skip]
pub const ALL: &[Metric] = &[
    counter("awaiting_orders_total", "outcome", "Orders that waited for their customers to pay at a provider: placed, given_up or expired"),
    gauge("breaker_calls_limit", "breaker", "How many calls through a circuit breaker may be under way; the others wait"),
    counter("breaker_calls_total", "breaker, outcome", "Calls through a circuit breaker: success, late (took longer than it should), failure, open (not made), full (not made)"),
    gauge("breaker_calls_under_way", "breaker", "Callers that may make calls through a circuit breaker at the moment"),
    gauge("breaker_calls_waiting", "breaker", "Callers that wait until they may make calls through a circuit breaker"),
    gauge("breaker_state", "breaker", "0 closed, 1 half open, 2 open"),
    gauge("consumer_lag_events", "topic, partition", "Events that this replica has still to take; 0 for partitions of other replicas"),
    counter("consumer_renewals_total", "group", "Kafka clients made anew because messages waited that the old one did not read, or because it was outside its group for long"),
    counter("deliveries_released_total", "why", "Deliveries taken from their rider and offered again: not-picked-up, silent"),
    counter("events_consumed_total", "group, outcome", "Events taken: handled, duplicate, ignored"),
    counter("events_dead_lettered_total", "group", "Events that can never have their effect, put aside"),
    counter("gateway_access_total", "outcome", "Requests by what the gateway's table of roles said"),
    gauge("gateway_issuer_keys_age_seconds", "", "Since when the keys of the token issuer were not confirmed"),
    counter("gateway_issuer_lookups_total", "outcome", "Questions to the token issuer for its keys"),
    counter("gateway_rate_limited_total", "by", "Requests answered 429"),
    counter("gateway_retries_total", "upstream", "Second attempts of the gateway"),
    gauge("gateway_switched_connections", "", "Connections that were switched to another protocol and are still open"),
    counter("gateway_tokens_total", "outcome", "Tokens looked at"),
    histogram("grpc_request_duration_seconds", "method", "How long gRPC calls took"),
    counter("grpc_requests_total", "method, code", "gRPC calls answered"),
    histogram("http_request_duration_seconds", "method, route", "How long requests took"),
    counter("http_requests_total", "method, route, status", "Requests answered"),
    gauge("notifications_oldest_pending_seconds", "", "How long the oldest message has waited to be sent"),
    counter("notifications_total", "outcome", "Messages to customers by what became of them"),
    counter("orders_total", "outcome", "Wishes to order: placed, refused, unavailable …"),
    gauge("outbox_oldest_unpublished_seconds", "", "Age of the oldest event that is not published"),
    counter("outbox_published_total", "type", "Events published by CloudEvents type: with `fooddelivery.order.*`, orders by state"),
    gauge("payment_differences", "", "Payments whose books here and at the payment provider differ, as of the last hour"),
    counter("payment_intents_settled_total", "", "Intents to pay that were settled in the background"),
    counter("payment_provider_calls_total", "call, outcome", "Calls of the payment provider: known, needs-customer, refused, unknown (asked again)"),
    counter("payment_webhooks_total", "outcome", "Messages of the payment provider: accepted, or rejected for their signature"),
    gauge("payments_at_provider", "state", "Payments at the provider that wait: asked, awaiting-customer, authorized, authorization-expiring (within a day), capture-pending, cancel-pending, refund-pending, refund-failed"),
    counter("payments_refunded_won_total", "", "Money given back because its order ended before the door, in won"),
    counter("payments_taken_won_total", "", "Money taken, in won"),
    counter("payments_total", "outcome", "Wishes to pay, to void and to refund by what came of them"),
    counter("payments_voided_won_total", "", "Money given back because its order was given up, in won"),
    gauge("retention_oldest_seconds", "table", "Age of the oldest row of a table of which old rows are removed"),
    counter("retention_removed_total", "table", "Rows removed because they were kept for long enough"),
    counter("spans_dropped_total", "", "Spans that the collector did not get"),
    counter("spans_exported_total", "", "Spans that the collector took"),
    counter("tickets_expired_total", "", "Orders that were rejected because their store did not accept them in time"),
];

/// Gives each metric its help text at `/metrics`.
pub(crate) fn describe() {
    for metric in ALL {
        let (name, help) = (metric.name, metric.help);
        match metric.kind {
            Kind::Counter => describe_counter!(name, help),
            Kind::Gauge => describe_gauge!(name, help),
            Kind::Histogram => describe_histogram!(name, Unit::Seconds, help),
        }
    }
}

/// The list as a page of the manual, in Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Metrics\n\nEvery service shows at `/metrics` those of these that concern it (Prometheus text format).\n\n\
         | metric | kind | labels | meaning |\n|---|---|---|---|\n",
    );
    for metric in ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(
            page,
            "| `{}` | {kind} | {} | {} |",
            metric.name, metric.labels, metric.help
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_names_follow_the_conventions() {
        let names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        for metric in ALL {
            let is_counter = metric.kind == Kind::Counter;
            assert_eq!(metric.name.ends_with("_total"), is_counter, "{}", metric.name);
        }
    }
}

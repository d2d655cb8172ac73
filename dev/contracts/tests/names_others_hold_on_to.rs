//! Tests that names of services, events and stored data stay the same where external programs, queries and databases
//! depend on them.
//!
//! A name may be added. Changing or removing one breaks dashboards, consumers and running platforms, so it needs a
//! release that has both names.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers included"
)]

use fdp_catalogue::{Service, topic, variables};
use fdp_contracts::asyncapi;
use fdp_runtime::metric_names;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = names.into_iter().collect();
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn services_keep_their_names_ports_and_consumer_groups() {
    let services = Service::ALL.map(|service| {
        (
            service.name(),
            service.port(),
            service.consumer_group().unwrap_or_default(),
        )
    });
    assert_eq!(
        services.as_slice(),
        [
            ("gateway", 8080, ""),
            ("order", 8081, "order"),
            ("pay", 8082, "pay"),
            ("store", 8083, "store"),
            ("delivery", 8084, "delivery"),
            ("inventory", 8085, "inventory"),
            ("customer", 8086, "customer"),
            ("marketing", 8087, "marketing"),
            ("frontend", 8088, "frontend")
        ]
    );
}

#[test]
fn topics_keep_their_names() {
    assert_eq!(
        topic::all(),
        [
            "fooddelivery.order",
            "fooddelivery.pay",
            "fooddelivery.store",
            "fooddelivery.menu",
            "fooddelivery.delivery",
            "fooddelivery.inventory",
            "fooddelivery.dead-letter.order",
            "fooddelivery.dead-letter.pay",
            "fooddelivery.dead-letter.store",
            "fooddelivery.dead-letter.delivery",
            "fooddelivery.dead-letter.inventory",
            "fooddelivery.dead-letter.customer",
            "fooddelivery.dead-letter.marketing",
            "fooddelivery.dead-letter.frontend"
        ]
    );
}

#[test]
fn events_keep_their_types() {
    let document = asyncapi::document().unwrap();
    let types = document["components"]["messages"].as_object().unwrap();
    assert_eq!(
        list(types.keys().map(String::as_str)),
        [
            "fooddelivery.delivery.cancelled.v1",
            "fooddelivery.delivery.delivered.v1",
            "fooddelivery.delivery.departing.v1",
            "fooddelivery.delivery.ready.v1",
            "fooddelivery.delivery.requested.v1",
            "fooddelivery.delivery.rider-changed.v1",
            "fooddelivery.delivery.started.v1",
            "fooddelivery.inventory.product-changed.v1",
            "fooddelivery.inventory.stock-returned.v1",
            "fooddelivery.inventory.stock-short.v1",
            "fooddelivery.inventory.stock-taken.v1",
            "fooddelivery.order.accepted.v1",
            "fooddelivery.order.cancelled.v1",
            "fooddelivery.order.cooking.v1",
            "fooddelivery.order.delivered.v1",
            "fooddelivery.order.on-the-way.v1",
            "fooddelivery.order.placed.v1",
            "fooddelivery.order.rejected.v1",
            "fooddelivery.payment.approved.v1",
            "fooddelivery.payment.refunded.v1",
            "fooddelivery.payment.voided.v1",
            "fooddelivery.store.changed.v1",
            "fooddelivery.ticket.accepted.v1",
            "fooddelivery.ticket.cancelled.v1",
            "fooddelivery.ticket.cooking-finished.v1",
            "fooddelivery.ticket.cooking-started.v1",
            "fooddelivery.ticket.received.v1",
            "fooddelivery.ticket.rejected.v1"
        ]
    );
}

#[test]
fn metrics_keep_their_names_and_labels() {
    let metrics = metric_names::ALL
        .iter()
        .map(|metric| (metric.name, metric.labels));
    assert_eq!(
        metrics.collect::<Vec<_>>(),
        [
            ("awaiting_orders_total", "outcome"),
            ("breaker_calls_limit", "breaker"),
            ("breaker_calls_total", "breaker, outcome"),
            ("breaker_calls_under_way", "breaker"),
            ("breaker_calls_waiting", "breaker"),
            ("breaker_state", "breaker"),
            ("consumer_lag_events", "topic, partition"),
            ("consumer_renewals_total", "group"),
            ("deliveries_released_total", "why"),
            ("events_consumed_total", "group, outcome"),
            ("events_dead_lettered_total", "group"),
            ("gateway_access_total", "outcome"),
            ("gateway_issuer_keys_age_seconds", ""),
            ("gateway_issuer_lookups_total", "outcome"),
            ("gateway_rate_limited_total", "by"),
            ("gateway_retries_total", "upstream"),
            ("gateway_switched_connections", ""),
            ("gateway_tokens_total", "outcome"),
            ("grpc_request_duration_seconds", "method"),
            ("grpc_requests_total", "method, code"),
            ("http_request_duration_seconds", "method, route"),
            ("http_requests_total", "method, route, status"),
            ("notifications_oldest_pending_seconds", ""),
            ("notifications_total", "outcome"),
            ("orders_total", "outcome"),
            ("outbox_oldest_unpublished_seconds", ""),
            ("outbox_published_total", "type"),
            ("payment_differences", ""),
            ("payment_intents_settled_total", ""),
            ("payment_provider_calls_total", "call, outcome"),
            ("payment_webhooks_total", "outcome"),
            ("payments_at_provider", "state"),
            ("payments_refunded_won_total", ""),
            ("payments_taken_won_total", ""),
            ("payments_total", "outcome"),
            ("payments_voided_won_total", ""),
            ("retention_oldest_seconds", "table"),
            ("retention_removed_total", "table"),
            ("spans_dropped_total", ""),
            ("spans_exported_total", ""),
            ("tickets_expired_total", "")
        ]
    );
}

#[test]
fn environment_variables_keep_their_names() {
    let names: Vec<String> = Service::ALL.into_iter().flat_map(variables::names).collect();
    assert_eq!(
        list(names.iter().map(String::as_str)),
        [
            "AUTH_PROVIDER",
            "AUTOPILOT",
            "CUSTOMER_URL",
            "DATABASE_HOST",
            "DATABASE_PASSWORD",
            "DATABASE_PORT",
            "DATABASE_URL",
            "DELIVERY_URL",
            "DEMO_IDENTITY",
            "DRILL_PORT",
            "EXTENSION_ROUTES",
            "FRONTEND_URL",
            "GRPC_PORT",
            "INVENTORY_URL",
            "KAFKA_BROKERS",
            "KAFKA_CA",
            "KAFKA_PASSWORD",
            "KAFKA_PREFIX",
            "KAFKA_SASL_MECHANISM",
            "KAFKA_SECURITY_PROTOCOL",
            "KAFKA_USERNAME",
            "KAKAO_CLIENT_SECRET",
            "KAKAO_REFRESH_TOKEN",
            "KAKAO_REST_API_KEY",
            "LOG_LEVEL",
            "MANAGEMENT_PORT",
            "MARKETING_URL",
            "MONGODB_PASSWORD",
            "MONGODB_URL",
            "OIDC_AUDIENCE",
            "OIDC_ISSUER",
            "OIDC_ROLES_CLAIM",
            "ORDER_STORE",
            "ORDER_URL",
            "PAYMENT_PROVIDER",
            "PAY_URL",
            "PGSSLMODE",
            "PLATFORM",
            "POD_NAME",
            "PORT",
            "PUBLIC_URL",
            "RATE_LIMIT_BURST",
            "RATE_LIMIT_PER_SECOND",
            "STORE_URL",
            "STRIPE_SECRET_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "TRUST_FORWARDED"
        ]
    );
}

/// A database stores the checksum of each applied migration: a service whose migration has another checksum does not
/// start.
#[test]
fn migrations_that_ran_somewhere_stay_as_they_are() {
    assert_eq!(
        migrations(),
        [
            "customer/1001_notifications.sql 9f9417720266",
            "customer/1002_sending.sql c05744327e9c",
            "customer/1003_news.sql 3e5940ffab76",
            "customer/1004_notifications_under_way.sql e6e2463ce2e9",
            "customer/1005_notifications_newest.sql af2331255ee9",
            "delivery/1001_deliveries.sql cfcbce0747a1",
            "delivery/1002_riders_and_positions.sql 55fac2fd684e",
            "delivery/1003_deliveries_of_rider.sql eace2b80840f",
            "delivery/1004_offers_and_waits.sql 3269c8c7c5a8",
            "delivery/1005_deliveries_under_way_are_offered.sql aa01c778068e",
            "delivery/1006_deliveries_held_and_free.sql 9914f557965e",
            "delivery/1007_history_and_riders.sql 483bbb210634",
            "frontend/1001_order_view.sql 0a06344deb6c",
            "frontend/1002_product_price.sql c5f96a7495da",
            "frontend/1003_stores.sql bfc743eecdbf",
            "inventory/1001_products_and_reservations.sql 66ae4170bf72",
            "inventory/1002_prices_and_restocks.sql d9c5d372efb4",
            "inventory/1003_products_of_stores.sql 123718e37a85",
            "inventory/1004_products_by_store.sql c1b6050949c4",
            "kit/storage/0001_outbox_and_inbox.sql 2f8c35e94dd8",
            "kit/storage/0002_outbox_payload_as_text.sql 70877d9f5603",
            "kit/storage/0003_uptime.sql 9846e0d9e064",
            "marketing/1001_orders_by_product.sql 2d1b4f74d971",
            "order/1001_orders.sql 22a8d1ca6a39",
            "order/1002_prices.sql e84d7e023078",
            "order/1003_stores.sql 0f158804493a",
            "order/1004_known_stock.sql e13204ad8fdb",
            "order/1005_awaiting_payment.sql 18cdbd712ddb",
            "order/1006_recipients.sql 10cdcce3ca6f",
            "pay/1001_payments.sql 22ca39e84efc",
            "pay/1002_provider_payments.sql 2527bf4f272a",
            "store/1001_stores_and_tickets.sql 4039bea93451",
            "store/1002_opening_menus_and_changes.sql 64b27ac274fa",
            "store/1003_ticket_changes.sql 6e7127205f79",
            "store/1004_ended_orders.sql 21b0be3b8894",
            "store/1005_announced_stores.sql 021cfee98cf6",
            "store/1006_time_limits.sql cf5e5e67b988",
            "store/1007_ticket_deadlines.sql d8a8d26b22eb",
            "store/1008_overdue_tickets.sql 6ba2c9e62ce5",
            "store/1009_ticket_history.sql e106d5387046",
            "store/1010_terms_of_orders.sql b0c586ea66af",
            "store/1011_time_zones.sql a0ba2350e935",
        ]
    );
}

/// Each file and the beginning of its SHA-256.
fn migrations() -> Vec<String> {
    let services = fdp_checkout::root().join("services");
    let mut found = Vec::new();
    for folder in Service::with_database().map(Service::name).chain(["kit/storage"]) {
        for file in std::fs::read_dir(services.join(folder).join("migrations")).unwrap() {
            let path = file.unwrap().path();
            let digest = Sha256::digest(std::fs::read(&path).unwrap());
            let digest = digest[..6]
                .iter()
                .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            let name = path.file_name().unwrap().to_string_lossy();
            found.push(format!("{folder}/{name} {digest}"));
        }
    }
    found.sort();
    found
}

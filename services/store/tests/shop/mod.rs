//! The store service with a separate database, for tests.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use chrono::Utc;
use fdp_contracts::{
    CloudEvent, Event, OrderId, OrderLine, OrderSnapshot, OrderState, TicketSnapshot, TicketState, topic,
};
use fdp_http::Caller;
use fdp_http::caller::{CALLER, Person, Role};
use fdp_messaging::{Effects, Incoming};
use fdp_runtime::{Health, SystemClock};
use fdp_storage::Outbox;
use fdp_storage::inbox::{PgInbox, Reacting};
use fdp_storage::ledger::PgLedger;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use store::adapters::events::OrderEvents;
use store::adapters::http::{self as api, AppState};
use store::adapters::storage::{
    MIGRATIONS, PgStoreRepository, PgTicketChangeLog, PgTicketRepository, TicketTable,
};
use store::application::autopilot::Autopilot;
use store::application::deadlines::Deadlines;
use store::application::notifier::{TicketNotifier, notifier};
use store::application::stores::Stores;
use store::application::tickets::Tickets;
use store::application::watch::TicketWatch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// One replica.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) pool: PgPool,
    inbox: Arc<PgInbox<Reacting<TicketTable, OrderEvents>>>,
    pub(crate) autopilot: Autopilot,
    pub(crate) deadlines: Deadlines,
    notifier: TicketNotifier,
    pub(crate) stopping: CancellationToken,
    routes: Router,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::replica(fdp_test_database::migrated(&MIGRATIONS).await.unwrap())
    }

    /// Another replica on the same database.
    pub(crate) fn replica(pool: PgPool) -> Self {
        let outbox = Outbox::new("store", topic::STORE);
        let notifier = notifier();
        let ledger = PgLedger::<TicketTable>::new(pool.clone(), outbox.clone());
        let clock = Arc::new(SystemClock);
        let repository = Arc::new(PgTicketRepository(ledger.clone()));
        let change_log = Arc::new(PgTicketChangeLog(pool.clone()));
        let stopping = CancellationToken::new();
        let routes = api::routes(AppState {
            tickets: Tickets::new(Arc::new(ledger), clock.clone(), notifier.clone()),
            all: repository.clone(),
            stores: Stores::new(
                Arc::new(PgStoreRepository::new(pool.clone(), outbox.to(topic::MENU))),
                clock.clone(),
            ),
            watch: TicketWatch::new(change_log, notifier.clone(), stopping.clone()),
        });
        let events = Reacting::new(OrderEvents::new(notifier.clone()));
        Self {
            inbox: Arc::new(PgInbox::new(pool.clone(), outbox, events)),
            autopilot: Autopilot::new(repository.clone(), clock.clone(), notifier.clone()),
            deadlines: Deadlines::new(repository, clock, notifier.clone()),
            notifier,
            stopping,
            routes,
            pool,
        }
    }

    /// Subscribes to the other replicas' notifications from now on.
    pub(crate) async fn listen(&self) {
        let health = Health::default();
        let check = health.required("live tickets");
        tokio::spawn(
            self.notifier
                .clone()
                .run(self.pool.clone(), check, self.stopping.clone()),
        );
        health.until_tasks_may_run().await;
    }

    /// Receives the events of these orders, in one batch.
    pub(crate) async fn receive(&self, orders: &[&OrderSnapshot]) {
        let incoming = |order: &&OrderSnapshot| {
            let event = Event::Order((*order).clone()).into_cloud_event("order", None);
            Incoming::open(event.unwrap()).unwrap()
        };
        let events: Vec<_> = orders.iter().map(incoming).collect();
        self.inbox.apply(&events).await.unwrap();
    }

    /// Waits until no transaction that is older than the last change of a ticket is in progress, because other tests
    /// use the same server.
    pub(crate) async fn settle(&self) {
        let settled = "SELECT bool_and(changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint) FROM tickets";
        while !sqlx::query_scalar::<_, Option<bool>>(settled)
            .fetch_one(&self.pool)
            .await
            .unwrap()
            .unwrap_or(true)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Does what the migration of a later version would do.
    pub(crate) async fn add_column(&self, table: &'static str) {
        let statement = sqlx::AssertSqlSafe(format!("ALTER TABLE {table} ADD COLUMN later TEXT"));
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }

    /// Makes the clock of deadlines run on by so many minutes in which the service was up.
    pub(crate) async fn let_pass(&self, minutes: i64) {
        sqlx::query("UPDATE uptime SET passed_ms = passed_ms + $1 * 60000")
            .bind(minutes)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// Makes it so many minutes since a replica was up last.
    pub(crate) async fn was_down(&self, minutes: i64) {
        sqlx::query("UPDATE uptime SET seen_at = clock_timestamp() - $1 * interval '1 minute'")
            .bind(minutes)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        last_event_id: Option<&str>,
        body: Value,
    ) -> Response {
        self.send_as(&Caller::System, method, path, last_event_id, body)
            .await
    }

    pub(crate) async fn send_as(
        &self,
        caller: &Caller,
        method: &str,
        path: &str,
        last_event_id: Option<&str>,
        body: Value,
    ) -> Response {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        if let Some(caller) = caller.header() {
            request = request.header(CALLER, caller);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        self.routes.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        self.call_as(&Caller::System, method, path, body).await
    }

    pub(crate) async fn call_as(
        &self,
        caller: &Caller,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let response = self.send_as(caller, method, path, None, body).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    pub(crate) async fn command(&self, order: &OrderSnapshot, command: &str) -> (StatusCode, Value) {
        self.call("POST", &format!("{}/{command}", path(order)), Value::Null)
            .await
    }

    pub(crate) async fn published(&self) -> Vec<TicketState> {
        let tickets = self.published_tickets().await;
        tickets.iter().map(|ticket| ticket.state).collect()
    }

    pub(crate) async fn published_tickets(&self) -> Vec<TicketSnapshot> {
        let payloads: Vec<sqlx::types::Json<CloudEvent>> =
            sqlx::query_scalar("SELECT payload FROM outbox WHERE topic = $1 ORDER BY seq")
                .bind(topic::STORE)
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let ticket = |payload: &sqlx::types::Json<CloudEvent>| match payload.event().unwrap() {
            Event::Ticket(ticket) => ticket,
            other => panic!("not a ticket: {other:?}"),
        };
        payloads.iter().map(ticket).collect()
    }
}

/// The path of the ticket of `order`.
pub(crate) fn path(order: &OrderSnapshot) -> String {
    format!("/stores/{}/tickets/{}", order.store_id, order.order_id)
}

pub(crate) fn placed() -> OrderSnapshot {
    OrderSnapshot {
        order_id: OrderId::new(),
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![OrderLine {
            product_id: None,
            product_name: "통닭".into(),
            qty: 1,
            unit_price: 10_000,
        }],
        amount: 10_000,
        delivery_fee: 0,
        store_version: None,
        state: OrderState::Placed,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    }
}

pub(crate) fn cancelled(order: &OrderSnapshot) -> OrderSnapshot {
    OrderSnapshot {
        state: OrderState::Cancelled,
        reason: Some("changed my mind".into()),
        version: order.version + 1,
        ..order.clone()
    }
}

/// A person with this id and role; an owner runs store 1.
pub(crate) fn person(subject: &str, role: Role) -> Caller {
    Caller::Person(Person {
        subject: subject.to_owned(),
        roles: [role].into(),
        stores: vec!["1".to_owned()],
    })
}

//! The delivery service with a separate database, for tests.

use axum::body::Body;
use chrono::Utc;
use delivery::adapters::events::OrderAndTicketEvents;
use delivery::adapters::http::{self as api, AppState};
use delivery::adapters::storage::{DeliveryTable, MIGRATIONS, PgDeliveryLedger, PgDeliveryRepository};
use delivery::application::autopilot::Autopilot;
use delivery::application::deadlines::Deadlines;
use delivery::application::deliveries::Deliveries;
use fdp_contracts::{
    CloudEvent, DeliveryState, Event, OrderId, OrderSnapshot, OrderState, TicketSnapshot, TicketState, topic,
};
use fdp_http::Caller;
use fdp_http::caller::{CALLER, Person, Role};
use fdp_messaging::{Effects, Incoming};
use fdp_runtime::SystemClock;
use fdp_storage::Outbox;
use fdp_storage::inbox::{PgInbox, Reacting};
use fdp_storage::ledger::PgLedger;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// How many deliveries a rider may have at once.
pub(crate) const AT_ONCE: u32 = 3;
/// How long a rider may be silent.
pub(crate) const SILENT: Duration = Duration::from_mins(10);

/// One replica.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) pool: PgPool,
    inbox: Arc<PgInbox<Reacting<DeliveryTable, OrderAndTicketEvents>>>,
    state: AppState,
    pub(crate) autopilot: Autopilot,
    pub(crate) deadlines: Deadlines,
}

impl Service {
    pub(crate) async fn new() -> Self {
        Self::on(fdp_test_database::migrated(&MIGRATIONS).await.unwrap())
    }

    /// Another replica, with connections of its own.
    pub(crate) fn replica(&self) -> Self {
        let options = self.pool.connect_options().as_ref().clone();
        Self::on(
            PgPoolOptions::new()
                .max_connections(20)
                .connect_lazy_with(options),
        )
    }

    /// A replica on a migrated database.
    pub(crate) fn on(pool: PgPool) -> Self {
        let outbox = Outbox::new("delivery", topic::DELIVERY);
        let ledger = PgLedger::<DeliveryTable>::new(pool.clone(), outbox.clone());
        let clock = Arc::new(SystemClock);
        let repository = Arc::new(PgDeliveryRepository(ledger.clone()));
        Self {
            inbox: Arc::new(PgInbox::new(
                pool.clone(),
                outbox,
                Reacting::new(OrderAndTicketEvents),
            )),
            state: AppState {
                deliveries: Deliveries::new(
                    Arc::new(PgDeliveryLedger(ledger)),
                    clock.clone(),
                    NonZeroU32::new(AT_ONCE).unwrap(),
                ),
                all: repository.clone(),
            },
            autopilot: Autopilot::new(repository.clone(), clock.clone()),
            deadlines: Deadlines::new(repository, clock, SILENT),
            pool,
        }
    }

    /// Receives `events` in one batch.
    pub(crate) async fn receive(&self, events: &[Event]) {
        let open =
            |event: &Event| Incoming::open(event.clone().into_cloud_event("test", None).unwrap()).unwrap();
        let events: Vec<_> = events.iter().map(open).collect();
        self.inbox.apply(&events).await.unwrap();
    }

    /// Lets the service have been up for so much longer.
    pub(crate) async fn pass(&self, time: Duration) {
        sqlx::query("UPDATE uptime SET passed_ms = passed_ms + $1")
            .bind(i64::try_from(time.as_millis()).unwrap())
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// Lets the service come back after it was down for so long.
    pub(crate) async fn come_back_after(&self, time: Duration) {
        sqlx::query("UPDATE uptime SET seen_at = seen_at - $1 * interval '1 millisecond'")
            .bind(i64::try_from(time.as_millis()).unwrap())
            .execute(&self.pool)
            .await
            .unwrap();
        self.state.all.tick().await.unwrap();
    }

    pub(crate) async fn state(&self, order_id: OrderId) -> DeliveryState {
        self.state.deliveries.delivery(order_id).await.unwrap().state
    }

    /// Posts a command as `caller`.
    pub(crate) async fn post_as(
        &self,
        caller: &Caller,
        order_id: OrderId,
        command: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        self.call(caller, "POST", &format!("/deliveries/{order_id}/{command}"), body)
            .await
    }

    pub(crate) async fn post(&self, order_id: OrderId, command: &str, body: Value) -> (StatusCode, Value) {
        self.post_as(&Caller::System, order_id, command, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(&Caller::System, "GET", path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    pub(crate) async fn call(
        &self,
        caller: &Caller,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        if let Some(header) = caller.header() {
            request = request.header(CALLER, header);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let routes = api::routes(self.state.clone());
        let response = routes.oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// The states that were published.
    pub(crate) async fn published(&self) -> Vec<DeliveryState> {
        let state = |event| match event {
            Event::Delivery(delivery) => Some(delivery.state),
            Event::RiderChanged(_) => None,
            other => panic!("not a delivery: {other:?}"),
        };
        self.events().await.into_iter().filter_map(state).collect()
    }

    /// Who has deliveries, as it was published each time that this changed.
    pub(crate) async fn published_riders(&self) -> Vec<Option<String>> {
        let rider = |event| match event {
            Event::RiderChanged(delivery) => Some(delivery.rider_id),
            _ => None,
        };
        self.events().await.into_iter().filter_map(rider).collect()
    }

    async fn events(&self) -> Vec<Event> {
        let payloads: Vec<sqlx::types::Json<CloudEvent>> =
            sqlx::query_scalar("SELECT payload FROM outbox ORDER BY seq")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        payloads.iter().map(|payload| payload.event().unwrap()).collect()
    }
}

pub(crate) fn order(order_id: OrderId, state: OrderState) -> Event {
    Event::Order(OrderSnapshot {
        order_id,
        customer_id: "100".into(),
        store_id: "1".into(),
        lines: vec![],
        amount: 10_000,
        delivery_fee: 0,
        store_version: None,
        state,
        reason: None,
        version: 1,
        placed_at: Utc::now(),
        changed_at: Utc::now(),
    })
}

pub(crate) fn cooked(order_id: OrderId) -> Event {
    ticket(order_id, TicketState::CookingFinished)
}

pub(crate) fn cooking(order_id: OrderId) -> Event {
    ticket(order_id, TicketState::CookingStarted)
}

/// Food that waits for its rider for 5 minutes.
fn ticket(order_id: OrderId, state: TicketState) -> Event {
    Event::Ticket(TicketSnapshot {
        order_id,
        store_id: "1".into(),
        customer_id: "100".into(),
        state,
        reason: None,
        pick_up_within_minutes: Some(5),
        changed_at: Utc::now(),
    })
}

pub(crate) fn rider(subject: &str) -> Caller {
    Caller::Person(Person {
        subject: subject.to_owned(),
        roles: [Role::Rider].into(),
        stores: vec![],
    })
}

pub(crate) fn admin(subject: &str) -> Caller {
    Caller::Person(Person {
        subject: subject.to_owned(),
        roles: [Role::Admin].into(),
        stores: vec![],
    })
}

//! Helpers of all tests of the service: the use cases on a database, and order events to consume.

use chrono::{DateTime, Utc};
use customer::adapters::events::OrderEvents;
use customer::adapters::http::AppState;
use customer::adapters::storage::{PgContacts, PgNotifications};
use customer::application::RecordNotifications;
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState};
use fdp_messaging::{Effects, Incoming};
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use sqlx::PgPool;
use std::sync::Arc;

pub(crate) fn state(pool: &PgPool) -> AppState {
    AppState {
        messages: Arc::new(PgNotifications(pool.clone())),
        contacts: Arc::new(PgContacts(pool.clone())),
    }
}

pub(crate) fn order(
    order_id: OrderId,
    customer_id: &str,
    state: OrderState,
    version: u32,
    changed_at: DateTime<Utc>,
) -> OrderSnapshot {
    OrderSnapshot {
        order_id,
        customer_id: customer_id.into(),
        store_id: "1".into(),
        lines: vec![],
        amount: 10_000,
        delivery_fee: 0,
        store_version: None,
        state,
        reason: None,
        version,
        placed_at: changed_at,
        changed_at,
    }
}

/// Consumes the events of these orders in one batch.
pub(crate) async fn consume(
    pool: &PgPool,
    recording: RecordNotifications,
    orders: impl IntoIterator<Item = OrderSnapshot>,
) {
    let events: Vec<Incoming> = orders
        .into_iter()
        .map(|order| {
            let envelope = Event::Order(order).into_cloud_event("order", None).unwrap();
            Incoming::open(envelope).unwrap()
        })
        .collect();
    let handler = OrderEvents::new(recording);
    let inbox = PgInbox::new(pool.clone(), Outbox::silent("customer"), handler);
    inbox.apply(&events).await.unwrap();
}

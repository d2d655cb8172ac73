//! The places under test, and what the tests put there.

use ::mongodb::Database;
use ::mongodb::bson::{Document, doc};
use anyhow::Result;
use async_trait::async_trait;
use chrono::{DateTime, SubsecRound as _, Utc};
use fdp_contracts::{CloudEvent, Event, OrderId, ProductSnapshot, topic};
use fdp_kit::inbox::{Effects, PgInbox};
use fdp_kit::{Incoming, Outbox};
use futures::TryStreamExt as _;
use order::app::ports::{Intent, KeyedWish, OrderStore};
use order::basket::{PriceList, Wish, WishedLine};
use order::domain::Order;
use order::store::mongodb::{MongoInbox, MongoOrders, MongoSettings, prepare};
use order::store::postgres::{Listening, PgOrders};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Long enough for any test.
pub(crate) const LEASE: Duration = Duration::from_mins(1);
pub(crate) const NO_LEASE: Duration = Duration::ZERO;

/// A kind of database, empty.
#[async_trait]
pub(crate) trait Place: Send + Sync {
    /// The orders, as one replica has them.
    fn orders(&self) -> Arc<dyn OrderStore>;

    /// What events do to them, on one replica.
    fn effects(&self) -> Arc<dyn Effects>;

    /// The events that are owed to the world, those of each order in their order.
    async fn owed(&self) -> Vec<CloudEvent>;
}

pub(crate) struct Postgresql {
    pool: PgPool,
}

impl Postgresql {
    pub(crate) async fn make() -> Result<Self> {
        let pool = fdp_test_database::migrated(&sqlx::migrate!()).await?;
        Ok(Self { pool })
    }

    fn outbox() -> Outbox {
        Outbox::new("order", topic::ORDER)
    }
}

#[async_trait]
impl Place for Postgresql {
    fn orders(&self) -> Arc<dyn OrderStore> {
        Arc::new(PgOrders::new(self.pool.clone(), Self::outbox()))
    }

    fn effects(&self) -> Arc<dyn Effects> {
        let listening = Listening::default();
        Arc::new(PgInbox::new(self.pool.clone(), Self::outbox(), listening))
    }

    async fn owed(&self) -> Vec<CloudEvent> {
        let payloads: Vec<String> = sqlx::query_scalar("SELECT payload::text FROM outbox ORDER BY seq")
            .fetch_all(&self.pool)
            .await
            .unwrap();
        payloads.iter().map(|payload| read(payload)).collect()
    }
}

pub(crate) struct Mongodb {
    pub(crate) database: Database,
}

impl Mongodb {
    pub(crate) async fn make() -> Result<Self> {
        let settings = MongoSettings {
            url: format!("{}/test_{}", fdp_test_mongodb::url()?, Uuid::now_v7().simple()),
            application: "test".to_owned(),
        };
        let database = settings.connect().await?;
        prepare(&database).await?;
        Ok(Self { database })
    }
}

#[async_trait]
impl Place for Mongodb {
    fn orders(&self) -> Arc<dyn OrderStore> {
        Arc::new(MongoOrders::new(&self.database))
    }

    fn effects(&self) -> Arc<dyn Effects> {
        Arc::new(MongoInbox::new(MongoOrders::new(&self.database)))
    }

    async fn owed(&self) -> Vec<CloudEvent> {
        let orders = self.database.collection::<Document>("orders");
        let owing: Vec<Document> = orders
            .find(doc! {"order": {"$exists": true}})
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let mut events = Vec::new();
        for order in owing {
            for event in order.get_array("pending").unwrap() {
                events.push(read(event.as_document().unwrap().get_str("payload").unwrap()));
            }
        }
        events
    }
}

fn read(payload: &str) -> CloudEvent {
    serde_json::from_str(payload).unwrap()
}

/// What has just been wished for.
pub(crate) fn wish(dish: &str) -> Wish {
    let line = WishedLine {
        name: Some(dish.into()),
        ..WishedLine::default()
    };
    Wish {
        customer_id: Some("100".into()),
        lines: vec![line],
        ..Wish::default()
    }
}

pub(crate) fn keyed(key: &str) -> KeyedWish {
    KeyedWish {
        key: key.to_owned(),
        wish: wish("통닭"),
    }
}

/// An order that is not kept yet.
pub(crate) fn order() -> Order {
    order_of("100")
}

pub(crate) fn order_of(customer_id: &str) -> Order {
    let wish = Wish {
        customer_id: Some(customer_id.into()),
        ..wish("통닭")
    };
    let prices = PriceList {
        otherwise: 10_000,
        ..PriceList::default()
    };
    let basket = wish.into_basket(&prices).unwrap();
    Order::place(OrderId::new(), basket, Utc::now().trunc_subsecs(6))
}

pub(crate) fn id(order: &Order) -> OrderId {
    order.snapshot().order_id
}

/// The intent to pay for `order`.
pub(crate) fn intent(order: &Order) -> Intent {
    let snapshot = order.snapshot();
    Intent {
        order_id: snapshot.order_id,
        customer_id: snapshot.customer_id.clone(),
        amount: snapshot.amount,
    }
}

/// An order that is kept and paid.
pub(crate) async fn placed(orders: &dyn OrderStore) -> Order {
    let order = order();
    orders.note(&intent(&order), None, LEASE).await.unwrap();
    assert!(orders.complete(&order).await.unwrap());
    order
}

/// The store's news about an order: `accepted`, `cooking-started`, …
pub(crate) fn ticket(order_id: OrderId, state: &str) -> Incoming {
    let kind = match state {
        "Accepted" => "accepted",
        "CookingStarted" => "cooking-started",
        "Rejected" => "rejected",
        other => other,
    };
    event(
        order_id,
        &format!("fooddelivery.ticket.{kind}.v1"),
        &json!({
            "orderId": order_id, "storeId": "1", "customerId": "100", "state": state, "changedAt": Utc::now(),
        }),
    )
}

fn event(order_id: OrderId, kind: &str, data: &Value) -> Incoming {
    let envelope = json!({
        "specversion": "1.0", "id": Uuid::now_v7(), "source": "/store", "type": kind,
        "subject": order_id.to_string(), "time": Utc::now(), "datacontenttype": "application/json",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "data": data,
    });
    Incoming::open(serde_json::from_value(envelope).unwrap()).unwrap()
}

/// News of the inventory about what a product costs, or that it has no price (any more).
pub(crate) fn price(product_id: &str, unit_price: Option<u64>, since: DateTime<Utc>) -> Incoming {
    let product = ProductSnapshot {
        product_id: product_id.to_owned(),
        product_name: "TV".to_owned(),
        stock: 5,
        unit_price,
        changed_at: since,
    };
    let envelope = Event::Product(product).into_cloud_event("inventory", None);
    Incoming::open(envelope.unwrap()).unwrap()
}

/// The versions of an order that were announced, in their order.
pub(crate) fn versions(owed: &[CloudEvent], order_id: OrderId) -> Vec<u64> {
    let subject = order_id.to_string();
    let theirs = owed.iter().filter(|event| event.subject == subject);
    theirs
        .map(|event| event.data["version"].as_u64().unwrap())
        .collect()
}

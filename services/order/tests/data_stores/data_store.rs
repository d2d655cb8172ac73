//! The data stores under test, and their test data.

use ::mongodb::Database;
use ::mongodb::bson::{Document, doc};
use anyhow::Result;
use async_trait::async_trait;
use chrono::{DateTime, SubsecRound as _, Utc};
use fdp_contracts::{
    CloudEvent, Event, MenuItemSnapshot, OrderId, PaymentId, ProductSnapshot, StoreSnapshot, topic,
};
use fdp_messaging::{Effects, Incoming};
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use fdp_storage::retention::{PgRows, Retained};
use fdp_test_mongodb::StandIn;
use futures::TryStreamExt as _;
use include_dir::include_dir;
use order::adapters::events::{MongoInbox, PaymentNews, PgOrderEvents};
use order::adapters::storage::mongodb::{MongoOrders, MongoSettings, OldRecipients, prepare};
use order::adapters::storage::postgres::{OLD_RECIPIENTS, PgOrders};
use order::application::ports::{
    ClaimedIntent, KeyedOrderRequest, OrderRepository, PaymentIntent, RecipientRepository,
};
use order::domain::Order;
use order::domain::{OrderRequest, OrderRequestLine, PriceList};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Long enough for any test.
pub(crate) const LEASE: Duration = Duration::from_mins(1);
pub(crate) const NO_LEASE: Duration = Duration::ZERO;

/// An empty data store.
#[async_trait]
pub(crate) trait DataStore: Send + Sync {
    /// The repository of one replica.
    fn orders(&self) -> Arc<dyn OrderRepository>;

    /// The recipients, as one replica sees them.
    fn recipients(&self) -> Arc<dyn RecipientRepository>;

    /// The same, to be removed when they are old.
    fn old_recipients(&self) -> Arc<dyn Retained>;

    /// The inbox of one replica.
    fn effects(&self) -> Arc<dyn Effects>;

    /// The pending events, those of each order in sequence.
    async fn pending_events(&self) -> Vec<CloudEvent>;

    /// Stores an order in a state that no version knows.
    async fn make_unreadable(&self, order_id: OrderId);
}

pub(crate) struct Postgresql {
    pool: PgPool,
}

impl Postgresql {
    pub(crate) async fn make() -> Result<Self> {
        let pool = fdp_test_database::migrated(&fdp_storage::migrations(&include_dir!(
            "$CARGO_MANIFEST_DIR/migrations"
        )))
        .await?;
        Ok(Self { pool })
    }

    fn outbox() -> Outbox {
        Outbox::new("order", topic::ORDER)
    }
}

#[async_trait]
impl DataStore for Postgresql {
    fn orders(&self) -> Arc<dyn OrderRepository> {
        Arc::new(PgOrders::new(self.pool.clone(), Self::outbox()))
    }

    fn recipients(&self) -> Arc<dyn RecipientRepository> {
        Arc::new(PgOrders::new(self.pool.clone(), Self::outbox()))
    }

    fn old_recipients(&self) -> Arc<dyn Retained> {
        Arc::new(PgRows {
            pool: self.pool.clone(),
            rows: OLD_RECIPIENTS,
        })
    }

    fn effects(&self) -> Arc<dyn Effects> {
        let handler = PgOrderEvents::new(PaymentNews::Followed);
        Arc::new(PgInbox::new(self.pool.clone(), Self::outbox(), handler))
    }

    async fn pending_events(&self) -> Vec<CloudEvent> {
        let payloads: Vec<String> = sqlx::query_scalar("SELECT payload::text FROM outbox ORDER BY seq")
            .fetch_all(&self.pool)
            .await
            .unwrap();
        payloads.iter().map(|payload| read(payload)).collect()
    }

    async fn make_unreadable(&self, order_id: OrderId) {
        let frozen =
            "UPDATE orders SET document = jsonb_set(document, '{state}', '\"Frozen\"') WHERE order_id = $1";
        let updated = sqlx::query(frozen).bind(order_id.uuid()).execute(&self.pool);
        assert_eq!(updated.await.unwrap().rows_affected(), 1);
    }
}

pub(crate) struct Mongodb {
    pub(crate) database: Database,
}

impl Mongodb {
    pub(crate) async fn make(server: StandIn) -> Result<Self> {
        let settings = MongoSettings {
            url: format!(
                "{}/test_{}",
                fdp_test_mongodb::url(server)?,
                Uuid::now_v7().simple()
            ),
            application: "test".to_owned(),
        };
        let database = settings.connect().await?;
        prepare(&database).await?;
        Ok(Self { database })
    }
}

#[async_trait]
impl DataStore for Mongodb {
    fn orders(&self) -> Arc<dyn OrderRepository> {
        Arc::new(MongoOrders::new(&self.database))
    }

    fn recipients(&self) -> Arc<dyn RecipientRepository> {
        Arc::new(MongoOrders::new(&self.database))
    }

    fn old_recipients(&self) -> Arc<dyn Retained> {
        Arc::new(OldRecipients(MongoOrders::new(&self.database)))
    }

    fn effects(&self) -> Arc<dyn Effects> {
        Arc::new(MongoInbox::new(
            MongoOrders::new(&self.database),
            PaymentNews::Followed,
        ))
    }

    async fn pending_events(&self) -> Vec<CloudEvent> {
        let orders = self.database.collection::<Document>("orders");
        let stored: Vec<Document> = orders
            .find(doc! {"order": {"$exists": true}})
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let mut events = Vec::new();
        for order in stored {
            for event in order.get_array("pending").unwrap() {
                events.push(read(event.as_document().unwrap().get_str("payload").unwrap()));
            }
        }
        events
    }

    async fn make_unreadable(&self, order_id: OrderId) {
        let orders = self.database.collection::<Document>("orders");
        let frozen = doc! {"$set": {"order.state": "Frozen"}};
        let updated = orders.update_one(doc! {"_id": order_id.to_string()}, frozen);
        assert_eq!(updated.await.unwrap().modified_count, 1);
    }
}

fn read(payload: &str) -> CloudEvent {
    serde_json::from_str(payload).unwrap()
}

/// A request for one dish.
pub(crate) fn request(dish: &str) -> OrderRequest {
    let line = OrderRequestLine {
        name: Some(dish.into()),
        ..OrderRequestLine::default()
    };
    OrderRequest {
        customer_id: Some("100".into()),
        lines: vec![line],
        ..OrderRequest::default()
    }
}

pub(crate) fn keyed(key: &str) -> KeyedOrderRequest {
    KeyedOrderRequest {
        key: key.to_owned(),
        request: request("통닭"),
    }
}

/// An order that is not stored yet.
pub(crate) fn order() -> Order {
    order_of("100")
}

pub(crate) fn order_of(customer_id: &str) -> Order {
    let request = OrderRequest {
        customer_id: Some(customer_id.into()),
        ..request("통닭")
    };
    let prices = PriceList {
        at: DateTime::UNIX_EPOCH,
        store: offer(1, 10_000),
        products: BTreeMap::new(),
        default: 10_000,
    };
    let basket = request.into_basket(&prices).unwrap();
    Order::place(OrderId::new(), basket, Utc::now().trunc_subsecs(6))
}

pub(crate) fn id(order: &Order) -> OrderId {
    order.snapshot().order_id
}

/// The intent to pay for `order`.
pub(crate) fn intent(order: &Order) -> PaymentIntent {
    let snapshot = order.snapshot();
    PaymentIntent {
        order_id: snapshot.order_id,
        customer_id: snapshot.customer_id.clone(),
        amount: snapshot.amount,
        recipient: None,
    }
}

/// The orders of the intents that a replica claims to settle them.
pub(crate) async fn claim(orders: &dyn OrderRepository, most: u32) -> Vec<OrderId> {
    let claimed = orders.claim_intents(most, LEASE).await.unwrap();
    claimed.iter().map(ClaimedIntent::order_id).collect()
}

/// An order that is stored and paid.
pub(crate) async fn placed(orders: &dyn OrderRepository) -> Order {
    let order = order();
    orders.record_intent(&intent(&order), None, LEASE).await.unwrap();
    assert!(orders.complete(&order).await.unwrap());
    order
}

/// An event of the store about an order: `accepted`, `cooking-started`, …
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

/// The event of pay that the payment of an order is approved.
pub(crate) fn approved(order_id: OrderId) -> Incoming {
    event(
        order_id,
        "fooddelivery.payment.approved.v1",
        &json!({
            "paymentId": PaymentId::new(), "orderId": order_id, "amount": 10_000, "state": "Approved",
            "changedAt": Utc::now(),
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

/// An event of the inventory with the price of a product, or without a price.
pub(crate) fn price(product_id: &str, unit_price: Option<u64>, since: DateTime<Utc>) -> Incoming {
    let product = ProductSnapshot {
        product_id: product_id.to_owned(),
        store_id: "1".to_owned(),
        product_name: "TV".to_owned(),
        stock: 5,
        unit_price,
        changed_at: since,
    };
    let envelope = Event::Product(product).into_cloud_event("inventory", None);
    Incoming::open(envelope.unwrap()).unwrap()
}

/// Store 1 in this version, with this price of its only dish.
fn offer(version: u64, price: u64) -> StoreSnapshot {
    StoreSnapshot {
        store_id: "1".to_owned(),
        name: "우리동네 통닭".to_owned(),
        version,
        open: true,
        hours: None,
        paused_until: None,
        minimum_order: 0,
        delivery_fee: 0,
        menu: vec![MenuItemSnapshot {
            item_id: "chicken".to_owned(),
            name: "통닭".to_owned(),
            name_in_english: None,
            description: None,
            description_in_english: None,
            picture: None,
            price,
            available: true,
            sold_out_until: None,
        }],
        changed_at: Utc::now(),
    }
}

/// The event of that store.
pub(crate) fn shop(version: u64, price: u64) -> Incoming {
    let envelope = Event::Store(offer(version, price)).into_cloud_event("store", None);
    Incoming::open(envelope.unwrap()).unwrap()
}

/// The announced versions of an order, in sequence.
pub(crate) fn versions(pending: &[CloudEvent], order_id: OrderId) -> Vec<u64> {
    let subject = order_id.to_string();
    let theirs = pending.iter().filter(|event| event.subject == subject);
    theirs
        .map(|event| event.data["version"].as_u64().unwrap())
        .collect()
}

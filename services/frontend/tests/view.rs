//! Tests the view through events and HTTP, in a real database, with two replicas.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod support;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use chrono::{TimeDelta, Utc};
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState, ProductSnapshot, StoreSnapshot};
use fdp_messaging::{Effects, Incoming};
use fdp_runtime::Health;
use fdp_storage::Outbox;
use fdp_storage::inbox::PgInbox;
use fdp_storage::live::Live;
use frontend::adapters::clients::OrderClient;
use frontend::adapters::events::ViewWriter;
use frontend::adapters::http::{AppState, routes};
use frontend::adapters::storage::PgView;
use frontend::application::Storefront;
use futures::StreamExt as _;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use support::workplace;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const TIMEOUT: Duration = Duration::from_secs(10);

/// One replica of the front end.
struct Replica {
    storefront: Storefront,
    routes: Router,
    inbox: PgInbox<ViewWriter>,
}

impl Replica {
    /// A replica that is notified by the others.
    async fn start(pool: &PgPool) -> Self {
        let live = Live::new("order_view");
        let (health, stopping) = (Health::default(), CancellationToken::new());
        let check = health.required("live news");
        tokio::spawn(live.clone().run(pool.clone(), check, stopping.clone()));
        tokio::time::timeout(TIMEOUT, health.until_tasks_may_run())
            .await
            .unwrap();
        let storefront = Storefront {
            view: Arc::new(PgView(pool.clone())),
            live: live.clone(),
            orders: Arc::new(OrderClient::new("http://127.0.0.1:9").unwrap()),
            product_price: 10_000,
            stopping,
        };
        Self {
            routes: routes(AppState {
                workplace: workplace(&storefront.view, "http://127.0.0.1:9"),
                storefront: storefront.clone(),
            }),
            storefront,
            inbox: PgInbox::new(pool.clone(), Outbox::silent("frontend"), ViewWriter::new(live)),
        }
    }

    async fn get(&self, path: &str, last_seen: Option<u32>) -> Response<Body> {
        let mut request = Request::get(path);
        if let Some(version) = last_seen {
            request = request.header("last-event-id", version.to_string());
        }
        let request = request.body(Body::empty()).unwrap();
        self.routes.clone().oneshot(request).await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// The changes of an order, for a client that has seen it up to that version.
    async fn listen(&self, order_id: OrderId, last_seen: Option<u32>) -> Changes {
        let response = self
            .get(&format!("/views/orders/{order_id}/events"), last_seen)
            .await;
        assert_eq!(response.status(), StatusCode::OK);
        Changes {
            stream: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }
}

/// A stream of server-sent events.
struct Changes {
    stream: BodyDataStream,
    text: String,
}

impl Changes {
    /// The id of the next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<u32> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let id = event.lines().find_map(|line| line.strip_prefix("id: "));
                let id = id.map(|id| id.parse().unwrap());
                let rest = rest.to_owned();
                self.text = rest;
                if id.is_some() {
                    return id;
                }
                continue;
            }
            let chunk = tokio::time::timeout(TIMEOUT, self.stream.next());
            let chunk = chunk.await.unwrap_or_else(|_| panic!("no change came in time"))?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

/// An order until its delivery, one snapshot for each version.
fn life(customer: &str) -> Vec<OrderSnapshot> {
    let (order_id, placed_at) = (OrderId::new(), Utc::now());
    let states = [
        OrderState::Placed,
        OrderState::Accepted,
        OrderState::Cooking,
        OrderState::OnTheWay,
        OrderState::Delivered,
    ];
    (1..)
        .zip(states)
        .map(|(version, state)| OrderSnapshot {
            order_id,
            customer_id: customer.into(),
            store_id: "1".into(),
            lines: vec![],
            amount: 10_000,
            delivery_fee: 0,
            store_version: None,
            state,
            reason: None,
            version,
            placed_at,
            changed_at: placed_at + TimeDelta::seconds(version.into()),
        })
        .collect()
}

fn incoming(event: Event) -> Incoming {
    Incoming::open(event.into_cloud_event("test", None).unwrap()).unwrap()
}

fn orders(snapshots: &[OrderSnapshot]) -> Vec<Incoming> {
    snapshots
        .iter()
        .map(|order| incoming(Event::Order(order.clone())))
        .collect()
}

/// A store with this version, which is called after it.
fn store(store_id: &str, version: u64) -> Incoming {
    incoming(Event::Store(StoreSnapshot {
        store_id: store_id.into(),
        name: format!("version {version}"),
        version,
        open: true,
        hours: None,
        paused_until: None,
        minimum_order: 0,
        delivery_fee: 0,
        menu: vec![],
        changed_at: Utc::now(),
    }))
}

async fn database() -> PgPool {
    fdp_test_database::migrated(&frontend::MIGRATIONS).await.unwrap()
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_late_mixed_and_repeated_batch_makes_the_same_view() {
    let replica = Replica::start(&database().await).await;
    let (first, second) = (life("kim"), life("kim"));
    let mut mixed: Vec<OrderSnapshot> = first.iter().chain(&second[..3]).cloned().collect();
    mixed.reverse();
    let batch = orders(&mixed);
    assert_eq!(replica.inbox.apply(&batch).await.unwrap(), 0);
    assert_eq!(replica.inbox.apply(&batch).await.unwrap(), batch.len());
    // A late event with another id but a known version changes nothing either.
    replica.inbox.apply(&orders(&first[..2])).await.unwrap();

    let shown = replica
        .json(&format!("/views/orders/{}", first[0].order_id))
        .await;
    assert_eq!(
        (&shown["state"], &shown["version"]),
        (&json!("Delivered"), &json!(5))
    );
    assert_eq!(shown["history"].as_array().unwrap().len(), 5);
    let list = replica.json("/views/orders?customerId=kim").await;
    let list: Vec<&Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|order| &order["state"])
        .collect();
    assert_eq!(list, ["Cooking", "Delivered"], "the newest order comes first");
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn the_latest_snapshot_of_a_product_counts_with_its_price() {
    let replica = Replica::start(&database().await).await;
    let now = Utc::now();
    let product = |stock, unit_price, seconds| {
        incoming(Event::Product(ProductSnapshot {
            product_id: "1001".into(),
            store_id: "1".into(),
            product_name: "TV".into(),
            stock,
            unit_price,
            changed_at: now + TimeDelta::seconds(seconds),
        }))
    };
    let batch = [product(5, None, 2), product(7, Some(900), 3), product(9, None, 1)];
    replica.inbox.apply(&batch).await.unwrap();
    replica.inbox.apply(&[product(8, None, 2)]).await.unwrap();
    let products = replica.storefront.assortment().await.unwrap().products;
    assert_eq!((products.len(), products[0].stock), (1, 7));
    assert_eq!(products[0].unit_price, Some(900));
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_highest_version_of_a_store_counts_whichever_arrives_last() {
    let replica = Replica::start(&database().await).await;
    let known = async || replica.storefront.assortment().await.unwrap().stores;
    assert!(replica.inbox.concerns(StoreSnapshot::EVENT_TYPE));
    assert!(known().await.is_empty(), "none has told anything yet");
    let batch = [store("1", 2), store("2", 1), store("1", 3), store("1", 1)];
    replica.inbox.apply(&batch).await.unwrap();
    replica
        .inbox
        .apply(&[store("1", 2), store("2", 2)])
        .await
        .unwrap();
    let known: Vec<_> = known()
        .await
        .into_iter()
        .map(|store| (store.store_id, store.version, store.name))
        .collect();
    let expected = [("1", 3, "version 3"), ("2", 2, "version 2")];
    assert_eq!(
        known,
        expected.map(|(id, version, name)| (id.to_owned(), version, name.to_owned()))
    );
}

#[tokio::test]
#[ignore = "starts PostgreSQL"]
async fn the_first_twenty_stores_are_shown_by_their_numbers() {
    let replica = Replica::start(&database().await).await;
    let batch: Vec<Incoming> = (1..=25).rev().map(|id| store(&id.to_string(), 1)).collect();
    replica.inbox.apply(&batch).await.unwrap();
    let shown: Vec<String> = replica
        .storefront
        .assortment()
        .await
        .unwrap()
        .stores
        .into_iter()
        .map(|store| store.store_id)
        .collect();
    let expected: Vec<String> = (1..=20).map(|id| id.to_string()).collect();
    assert_eq!(shown, expected);
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_reader_gets_changes_of_another_replica_at_once() {
    let pool = database().await;
    let (writer, reader) = (Replica::start(&pool).await, Replica::start(&pool).await);
    let life = life("kim");
    writer.inbox.apply(&orders(&life[..1])).await.unwrap();
    let mut changes = reader.listen(life[0].order_id, None).await;
    assert_eq!(changes.next().await, Some(1));
    for snapshot in &life[1..] {
        writer
            .inbox
            .apply(&orders(std::slice::from_ref(snapshot)))
            .await
            .unwrap();
        // Well before a client would poll by itself.
        assert_eq!(changes.next().await, Some(snapshot.version));
    }
    assert_eq!(changes.next().await, None, "nothing follows on a delivered order");
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server"]
async fn a_reader_whose_replica_stops_reconnects_and_misses_nothing() {
    let pool = database().await;
    let first = Replica::start(&pool).await;
    let life = life("kim");
    first.inbox.apply(&orders(&life[..2])).await.unwrap();
    let mut changes = first.listen(life[0].order_id, Some(0)).await;
    assert_eq!((changes.next().await, changes.next().await), (Some(1), Some(2)));
    first.storefront.stopping.cancel();
    assert_eq!(changes.next().await, None);

    let second = Replica::start(&pool).await;
    second.inbox.apply(&orders(&life[2..4])).await.unwrap();
    let mut changes = second.listen(life[0].order_id, Some(2)).await;
    assert_eq!((changes.next().await, changes.next().await), (Some(3), Some(4)));
    second.inbox.apply(&orders(&life[4..])).await.unwrap();
    assert_eq!((changes.next().await, changes.next().await), (Some(5), None));
    let path = format!("/views/orders/{}/events", life[0].order_id);
    assert_eq!(second.get(&path, Some(5)).await.status(), StatusCode::NO_CONTENT);
}

//! The order service.

use fdp_contracts::topic;
use fdp_kit::breaker::Breaker;
use fdp_kit::inbox::{Effects, PgInbox};
use fdp_kit::{Service, SystemClock, config, kafka};
use order::app::Orders;
use order::app::ports::OrderStore;
use order::clients::{self, HttpPayments};
use order::store::Kind;
use order::store::mongodb::{self, MongoInbox, MongoOrders, MongoSettings, Relay};
use order::store::postgres::{Listening, PgOrders};
use order::{grpc, http, settler};
use sqlx::migrate::Migrator;
use std::sync::Arc;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Price in won of what has none, unless `DEFAULT_UNIT_PRICE` says otherwise.
const DEFAULT_UNIT_PRICE: u64 = 10_000;
/// Where gRPC is served, unless `GRPC_PORT` says otherwise.
const GRPC_PORT: u16 = 9081;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = Service::new("order", 8081)?;
    let breaker = Breaker::new("pay", clients::LIMITS, service.health())?;
    let payments = HttpPayments::new(&config::required("PAY_URL", "http://pay:8082")?, breaker)?;
    let unit_price = config::optional("DEFAULT_UNIT_PRICE", DEFAULT_UNIT_PRICE)?;
    let (store, effects) = match config::optional("ORDER_STORE", Kind::Postgresql)? {
        Kind::Postgresql => in_postgresql(&mut service)?,
        Kind::Mongodb => in_mongodb(&mut service).await?,
    };
    let topics = [topic::STORE, topic::DELIVERY, topic::INVENTORY];
    service.subscribe(&topics, effects)?;
    let orders = Orders::new(store, Arc::new(payments), Arc::new(SystemClock), unit_price);
    service.spawn(settler::run(orders.clone(), service.stopping()));
    let listener = grpc::listen(
        config::maybe("BIND_ADDRESS")?,
        config::optional("GRPC_PORT", GRPC_PORT)?,
    )
    .await?;
    let served = grpc::serve(
        listener,
        orders.clone(),
        service.health().clone(),
        service.stopping(),
    );
    service.spawn(async {
        if let Err(error) = served.await {
            tracing::error!(%error, "gRPC has ended");
        }
    });
    service.serve(http::routes(orders)).await?;
    Ok(())
}

/// A place for orders, and what events do there.
type Place = (Arc<dyn OrderStore>, Arc<dyn Effects>);

fn in_postgresql(service: &mut Service) -> anyhow::Result<Place> {
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::ORDER)?;
    let listening = PgInbox::new(pool.clone(), outbox.clone(), Listening::default());
    Ok((Arc::new(PgOrders::new(pool, outbox)), Arc::new(listening)))
}

async fn in_mongodb(service: &mut Service) -> anyhow::Result<Place> {
    let client_id = config::optional("POD_NAME", "order".to_owned())?;
    let settings = MongoSettings {
        url: config::required("MONGODB_URL", "mongodb://user:password@host:27017/order")?,
        application: client_id.clone(),
    };
    let database = settings.connect().await?;
    let (health, stop) = (service.health().clone(), service.stopping());
    service.spawn(mongodb::watch(
        database.clone(),
        health.required("database"),
        stop.clone(),
    ));
    let orders = MongoOrders::new(&database);
    let relay = Relay {
        brokers: kafka::brokers()?,
        client_id,
        topic: topic::ORDER,
    };
    service.spawn(relay.run(database, orders.clone(), health, stop));
    Ok((Arc::new(orders.clone()), Arc::new(MongoInbox::new(orders))))
}

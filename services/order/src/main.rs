//! The order service: reads the configuration, wires the adapters to the use cases, and serves.

use fdp_catalogue::{Service, retention, topic, variables};
use fdp_http::Serve as _;
use fdp_messaging::kafka::Cluster;
use fdp_messaging::{Effects, Subscribe as _};
use fdp_resilience::Breaker;
use fdp_runtime::{SystemClock, config};
use fdp_storage::OpenDatabase as _;
use fdp_storage::inbox::PgInbox;
use include_dir::include_dir;
use order::adapters::clients::{self, PayClient};
use order::adapters::events::{MongoInbox, PaymentNews, PgOrderEvents};
use order::adapters::http::AppState;
use order::adapters::storage::DataStoreKind;
use order::adapters::storage::mongodb::{self, MongoOrders, MongoSettings, OldRecipients, Relay};
use order::adapters::storage::postgres::{OLD_RECIPIENTS, PgOrders};
use order::adapters::{grpc, http};
use order::application::ports::{OrderRepository, RecipientRepository};
use order::application::{Orders, Recipients, first_menus, payment_compensation};
use sqlx::migrate::Migrator;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));

/// The unit price in won of an item without a price, unless `DEFAULT_UNIT_PRICE` is set.
const DEFAULT_UNIT_PRICE: u64 = 10_000;
/// For how long an order waits for the event of a store or product that somebody has just registered.
const PATIENCE: Duration = Duration::from_secs(1);
/// The port of gRPC, unless `GRPC_PORT` is set.
const GRPC_PORT: u16 = 9081;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked(Service::Order.name())?;
    let mut service = fdp_runtime::Service::of(Service::Order)?;
    let breaker = Breaker::new("pay", clients::LIMITS, service.health())?;
    let payments = PayClient::new(&config::required("PAY_URL", "http://pay:8082")?, breaker)?;
    let unit_price = config::optional("DEFAULT_UNIT_PRICE", DEFAULT_UNIT_PRICE)?;
    // Only the ledger answers at once, so that no order waits for news of pay.
    let payment_news = match config::maybe::<String>(variables::PAYMENT_PROVIDER)?.as_deref() {
        None | Some("Ledger") => PaymentNews::Ignored,
        Some(_) => PaymentNews::Followed,
    };
    let (repository, recipients, inbox) = match config::optional("ORDER_STORE", DataStoreKind::Postgresql)? {
        DataStoreKind::Postgresql => with_postgresql(&mut service, payment_news)?,
        DataStoreKind::Mongodb => with_mongodb(&mut service, payment_news).await?,
    };
    service.subscribe(Service::Order.consumes(), inbox)?;
    service.spawn(first_menus::run(
        repository.clone(),
        service.health().clone(),
        service.health().required_by_requests("menus"),
        service.stopping(),
    ));
    let orders = Orders::new(repository, Arc::new(payments), Arc::new(SystemClock), unit_price)
        .with_patience(PATIENCE);
    service.spawn(payment_compensation::run(orders.clone(), service.stopping()));
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
    let recipients = Recipients::new(orders.clone(), recipients);
    service
        .serve(http::routes(AppState { orders, recipients }))
        .await?;
    Ok(())
}

/// The repositories of orders and of recipients, and the inbox of events.
type DataStore = (
    Arc<dyn OrderRepository>,
    Arc<dyn RecipientRepository>,
    Arc<dyn Effects>,
);

fn with_postgresql(service: &mut fdp_runtime::Service, payments: PaymentNews) -> anyhow::Result<DataStore> {
    let pool = service.database(&MIGRATIONS)?;
    service.retain(&pool, &[(retention::RECIPIENTS, OLD_RECIPIENTS)])?;
    let outbox = service.outbox(&pool, topic::ORDER)?;
    let inbox = PgInbox::new(pool.clone(), outbox.clone(), PgOrderEvents::new(payments));
    let orders = Arc::new(PgOrders::new(pool, outbox));
    Ok((orders.clone(), orders, Arc::new(inbox)))
}

async fn with_mongodb(
    service: &mut fdp_runtime::Service,
    payments: PaymentNews,
) -> anyhow::Result<DataStore> {
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
        cluster: Cluster::from_environment()?,
        client_id,
        topic: topic::ORDER,
    };
    service.spawn(relay.run(database, orders.clone(), health, stop));
    let recipients = Arc::new(OldRecipients(orders.clone()));
    service.retain_in(vec![(retention::RECIPIENTS, recipients)])?;
    let inbox = MongoInbox::new(orders.clone(), payments);
    let orders = Arc::new(orders);
    Ok((orders.clone(), orders, Arc::new(inbox)))
}

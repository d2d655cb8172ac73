//! The front end: reads the configuration, wires the adapters to the use cases, and serves.

use anyhow::Context;
use fdp_catalogue::{Service, variables};
use fdp_http::Serve as _;
use fdp_runtime::config;
use fdp_storage::live::Live;
use fdp_storage::{OpenDatabase as _, Outbox};
use frontend::adapters::clients::{
    DeliveryClient, InventoryClient, OrderClient, RecipientClient, StoreClient,
};
use frontend::adapters::events::ViewWriter;
use frontend::adapters::http::{self, AppState};
use frontend::adapters::storage::{PgView, RETAINED};
use frontend::application::Storefront;
use frontend::application::ports::ViewRepository;
use frontend::application::work::Workplace;
use std::sync::Arc;

/// The PostgreSQL channel on which replicas notify each other of changed orders.
const CHANNEL: &str = "order_view";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked(Service::Frontend.name())?;
    let mut service = fdp_runtime::Service::of(Service::Frontend)?;
    let pool = service.database(&frontend::MIGRATIONS)?;
    let live = Live::new(CHANNEL);
    let check = service.health().informative("live news");
    service.spawn(live.clone().run(pool.clone(), check, service.stopping()));
    let (view, silent) = (
        ViewWriter::new(live.clone()),
        Outbox::silent(Service::Frontend.name()),
    );
    service.consume(Service::Frontend.consumes(), &pool, &silent, view)?;
    service.retain(&pool, &RETAINED)?;
    let view: Arc<dyn ViewRepository> = Arc::new(PgView(pool));
    let order_url = config::required("ORDER_URL", "http://order:8081")?;
    let orders = OrderClient::new(&order_url).context("making the HTTP client for the order service")?;
    let workplace = workplace(view.clone(), &order_url)?;
    let storefront = Storefront {
        view,
        live,
        orders: Arc::new(orders),
        product_price: config::optional("DEFAULT_UNIT_PRICE", 10_000)?,
        stopping: service.stopping(),
    };
    let state = AppState {
        storefront,
        workplace,
    };
    service.serve(http::routes(state)).await?;
    Ok(())
}

/// The services that the pages of owners and riders use. An operator of an earlier release does not say where they are: these
/// pages say then that they are away, and the shop works.
fn workplace(view: Arc<dyn ViewRepository>, order_url: &str) -> anyhow::Result<Workplace> {
    let url = |service: Service| {
        let usual = format!("http://{}:{}", service.name(), service.port());
        config::optional(&variables::url(service), usual)
    };
    let client = "making the HTTP clients for owners and riders";
    let stores = StoreClient::new(&url(Service::Store)?).context(client)?;
    let deliveries = DeliveryClient::new(&url(Service::Delivery)?).context(client)?;
    let recipients = RecipientClient::new(order_url).context(client)?;
    let inventory = InventoryClient::new(&url(Service::Inventory)?).context(client)?;
    Ok(Workplace {
        view,
        stores: Arc::new(stores.clone()),
        tickets: Arc::new(stores),
        deliveries: Arc::new(deliveries),
        recipients: Arc::new(recipients),
        inventory: Arc::new(inventory),
    })
}

//! The front end: reads the configuration, wires the adapters to the use cases, and serves.

use anyhow::Context;
use fdp_catalogue::Service;
use fdp_http::Serve as _;
use fdp_runtime::config;
use fdp_storage::live::Live;
use fdp_storage::{OpenDatabase as _, Outbox};
use frontend::adapters::clients::OrderClient;
use frontend::adapters::events::ViewWriter;
use frontend::adapters::http;
use frontend::adapters::storage::PgView;
use frontend::application::Storefront;
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
    let order_url = config::required("ORDER_URL", "http://order:8081")?;
    let orders = OrderClient::new(&order_url).context("making the HTTP client for the order service")?;
    let storefront = Storefront {
        view: Arc::new(PgView(pool)),
        live,
        orders: Arc::new(orders),
        product_price: config::optional("DEFAULT_UNIT_PRICE", 10_000)?,
        stopping: service.stopping(),
    };
    service.serve(http::routes(storefront)).await?;
    Ok(())
}

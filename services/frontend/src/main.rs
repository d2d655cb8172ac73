//! The front end: consumes orders and products, serves the view and the shop's pages.

use anyhow::Context;
use fdp_contracts::topic;
use fdp_kit::config;
use frontend::app::App;
use frontend::clients::OrderClient;
use frontend::consumer::ViewWriter;
use frontend::http;
use frontend::live::Live;
use sqlx::migrate::Migrator;
use std::sync::Arc;

static MIGRATIONS: Migrator = sqlx::migrate!();

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("frontend", 8088)?;
    let pool = service.database(&MIGRATIONS)?;
    service.consume(&pool, &[topic::ORDER, topic::INVENTORY], Arc::new(ViewWriter))?;
    let live = Live::default();
    let check = service.health().informative("live news");
    service.spawn(live.clone().listen(pool.clone(), check, service.stopping()));
    let order_url = config::required("ORDER_URL", "http://order:8081")?;
    let app = App {
        pool,
        live,
        orders: OrderClient::new(&order_url).context("making the HTTP client for the order service")?,
        product_price: config::optional("DEFAULT_UNIT_PRICE", 10_000)?,
        stopping: service.stopping(),
    };
    service.serve(http::routes(app)).await?;
    Ok(())
}

//! The order service.

use fdp_contracts::topic;
use fdp_kit::config;
use order::app::Orders;
use order::clients::HttpPayments;
use order::consumer::Reports;
use order::store::PgOrders;
use order::{http, settler};
use sqlx::migrate::Migrator;
use std::sync::Arc;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Price in won of what has none, unless `DEFAULT_UNIT_PRICE` says otherwise.
const DEFAULT_UNIT_PRICE: u64 = 10_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("order", 8081)?;
    let payments = HttpPayments::new(&config::required("PAY_URL", "http://pay:8082")?)?;
    let unit_price = config::optional("DEFAULT_UNIT_PRICE", DEFAULT_UNIT_PRICE)?;
    let pool = service.database(&MIGRATIONS)?;
    service.relay_outbox(&pool)?;
    let reports = [topic::STORE, topic::DELIVERY, topic::INVENTORY];
    service.consume(&pool, &reports, Arc::new(Reports))?;
    let orders = Orders::new(Arc::new(PgOrders(pool)), Arc::new(payments), unit_price);
    service.spawn(settler::run(orders.clone(), service.stopping()));
    service.serve(http::routes(orders)).await?;
    Ok(())
}

//! The pay service.

use pay::{app::Payments, consumer::EndedOrders, http};
use sqlx::migrate::Migrator;
use std::sync::Arc;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// The most that anybody may pay at once, in won, unless `PAYMENT_LIMIT` says otherwise.
const PAYMENT_LIMIT: u64 = 100_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("pay", 8082)?;
    let limit = fdp_kit::config::optional("PAYMENT_LIMIT", PAYMENT_LIMIT)?;
    let pool = service.database(&MIGRATIONS)?;
    service.relay_outbox(&pool)?;
    service.consume(&pool, &[fdp_contracts::topic::ORDER], Arc::new(EndedOrders))?;
    service.serve(http::routes(Payments::new(pool, limit))).await?;
    Ok(())
}

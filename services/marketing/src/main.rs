//! Recommendations, made from the events alone.

use fdp_contracts::topic;
use marketing::app::Recommendations;
use marketing::consumer::OrderEvents;
use marketing::{MIGRATIONS, http};
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("marketing", 8087)?;
    let pool = service.database(&MIGRATIONS)?;
    service.consume(&pool, &[topic::ORDER], Arc::new(OrderEvents))?;
    service.serve(http::routes(Recommendations::new(pool))).await?;
    Ok(())
}

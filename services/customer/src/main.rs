//! Notifications: one message to the customer for each change of an order.

use customer::app::Notifications;
use customer::consumer::OrderEvents;
use customer::{MIGRATIONS, http};
use fdp_contracts::topic;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("customer", 8086)?;
    let pool = service.database(&MIGRATIONS)?;
    service.consume(&pool, &[topic::ORDER], Arc::new(OrderEvents))?;
    service.serve(http::routes(Notifications::new(pool))).await?;
    Ok(())
}

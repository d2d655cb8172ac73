//! Starts the delivery service: wires its use cases to PostgreSQL, Kafka and HTTP.

use delivery::adapters::events::OrderAndTicketEvents;
use delivery::adapters::http;
use delivery::adapters::storage::{DeliveryTable, MIGRATIONS, PgDeliveryRepository};
use delivery::application::autopilot::Autopilot;
use delivery::application::deliveries::Deliveries;
use delivery::application::list::DeliveryList;
use fdp_contracts::topic;
use fdp_kit::SystemClock;
use fdp_kit::inbox::{PgInbox, Reacting};
use fdp_kit::ledger::PgLedger;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("delivery", 8084)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::DELIVERY)?;
    let events = Reacting::<DeliveryTable, _>::new(OrderAndTicketEvents);
    let inbox = PgInbox::new(pool.clone(), outbox.clone(), events);
    service.subscribe(&[topic::ORDER, topic::STORE], Arc::new(inbox))?;
    let ledger = PgLedger::<DeliveryTable>::new(pool, outbox);
    let clock = Arc::new(SystemClock);
    let repository = Arc::new(PgDeliveryRepository::new(ledger.clone()));
    let autopilot = Autopilot::new(repository.clone(), clock.clone());
    service.autopilot(move |delay| {
        let autopilot = autopilot.clone();
        Box::pin(async move { autopilot.advance(delay).await })
    })?;
    let deliveries = Deliveries::new(Arc::new(ledger), clock);
    service
        .serve(http::routes(deliveries, DeliveryList::new(repository)))
        .await?;
    Ok(())
}

//! Starts the delivery service: wires its use cases to PostgreSQL, Kafka and HTTP.

use delivery::adapters::events::OrderAndTicketEvents;
use delivery::adapters::http::{self, AppState};
use delivery::adapters::storage::{DeliveryTable, MIGRATIONS, PgDeliveryRepository};
use delivery::application::autopilot::Autopilot;
use delivery::application::deliveries::Deliveries;
use fdp_catalogue::{Service, topic};
use fdp_http::Serve as _;
use fdp_runtime::SystemClock;
use fdp_storage::OpenDatabase as _;
use fdp_storage::inbox::Reacting;
use fdp_storage::ledger::PgLedger;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked(Service::Delivery.name())?;
    let mut service = fdp_runtime::Service::of(Service::Delivery)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::DELIVERY)?;
    let events = Reacting::<DeliveryTable, _>::new(OrderAndTicketEvents);
    service.consume(Service::Delivery.consumes(), &pool, &outbox, events)?;
    let ledger = PgLedger::<DeliveryTable>::new(pool, outbox);
    let clock = Arc::new(SystemClock);
    let repository = Arc::new(PgDeliveryRepository(ledger.clone()));
    let autopilot = Autopilot::new(repository.clone(), clock.clone());
    service.autopilot(move |delay| {
        let autopilot = autopilot.clone();
        Box::pin(async move { autopilot.advance(delay).await })
    })?;
    let state = AppState {
        deliveries: Deliveries::new(Arc::new(ledger), clock),
        all: repository,
    };
    service.serve(http::routes(state)).await?;
    Ok(())
}
